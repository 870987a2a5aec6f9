/** How long a program has after SIGTERM before SIGKILL. */
export const KILL_DELAY_MS = 5_000;

export interface GroupLimits {
  signal?: AbortSignal | undefined;
  deadlineMs?: number | undefined;
}

export interface GroupWatch extends Disposable {
  /** Why the group was ended, if it was. */
  readonly ended: 'aborted' | 'late' | undefined;
}

/**
 * Ends a child and whatever it started (SIGTERM, then SIGKILL) at an abort or a deadline. The child leads a process
 * group of its own (`detached`): a wrapper script that is ended alone would leave its program behind, which keeps the
 * pipes open.
 */
export function watchGroup(child: { pid?: number | undefined }, limits: GroupLimits): GroupWatch {
  const { pid } = child;
  let ended: GroupWatch['ended'];
  let force: NodeJS.Timeout | undefined;
  const end = (why: 'aborted' | 'late'): void => {
    if (ended !== undefined) return;
    ended = why;
    signalGroup(pid, 'SIGTERM');
    force = setTimeout(() => signalGroup(pid, 'SIGKILL'), KILL_DELAY_MS);
  };
  const onAbort = (): void => end('aborted');
  limits.signal?.addEventListener('abort', onAbort);
  const deadline =
    limits.deadlineMs === undefined ? undefined : setTimeout(() => end('late'), limits.deadlineMs);
  if (pid !== undefined) live.add(pid);
  if (limits.signal?.aborted === true) onAbort();
  return {
    get ended() {
      return ended;
    },
    [Symbol.dispose]: () => {
      limits.signal?.removeEventListener('abort', onAbort);
      clearTimeout(deadline);
      clearTimeout(force);
      if (pid !== undefined) live.delete(pid);
      // The child is gone; what it started may not be.
      if (ended !== undefined) signalGroup(pid, 'SIGKILL');
    },
  };
}

const live = new Set<number>();

// A second Ctrl-C ends this process at once; its children have groups of their own and would stay.
process.on('exit', () => {
  for (const pid of live) signalGroup(pid, 'SIGKILL');
});

function signalGroup(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
