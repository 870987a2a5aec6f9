import { readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, isAbsolute } from 'node:path';
import type { ResolvedConfig, ResolvedMount } from '../config/resolved-config.ts';
import { WORKSPACE_NAMES } from '../core/names.ts';
import { DewarError } from '../core/errors.ts';
import type { WorkspaceMachine, WorkspaceShare } from '../vmm/workspace-driver.ts';
import { guestPath } from './guest-user.ts';
import type { HeldMachine } from './hold-machine.ts';
import type { JournalMount } from './journal.ts';
import { mountInGuest } from './mount-in-guest.ts';
import type { WorkspaceContext } from './workspace-context.ts';

/** Plugs in what the config mounts, in its order, and mounts it in the guest. */
export async function attachMounts(
  machine: WorkspaceMachine,
  config: ResolvedConfig,
  held: HeldMachine,
  context: WorkspaceContext,
): Promise<void> {
  for (const mount of config.mounts) {
    if (mount.type === 'tmpfs') await attachTmpfs(machine, mount.target, held);
    else if (!(mount.optional && !(await exists(mount.source))))
      await attachShare(machine, mount, config, held, context);
  }
}

export async function attachShare(
  machine: WorkspaceMachine,
  { source, target, readonly }: Extract<ResolvedMount, { type: 'share' }>,
  config: ResolvedConfig,
  held: HeldMachine,
  { signal }: WorkspaceContext,
): Promise<JournalMount> {
  const real = await realpath(source);
  const entry: JournalMount = {
    id: freeId(held.journal.mounts),
    kind: 'virtiofs',
    source: real,
    target,
    readonly,
  };
  // A process that comes after this one's death knows of it.
  await held.note({ mounts: [...held.journal.mounts, entry] });
  const share: WorkspaceShare = {
    id: entry.id,
    source: real,
    readOnly: readonly,
    ...(await protectedPaths(real, config)),
  };
  await machine.addShare(share);
  await mountInGuest(machine.ssh, { tag: entry.id, target: guestPath(target), readonly }, signal);
  return entry;
}

async function attachTmpfs(machine: WorkspaceMachine, target: string, held: HeldMachine): Promise<void> {
  const entry: JournalMount = {
    id: freeId(held.journal.mounts),
    kind: 'tmpfs',
    source: undefined,
    target,
    readonly: false,
  };
  await held.note({ mounts: [...held.journal.mounts, entry] });
  await mountInGuest(machine.ssh, { target: guestPath(target), readonly: false }, undefined);
}

/**
 * What of a share the guest must not see, or not change: the state of the workspace, and code that this host runs.
 * @param source absolute, without symbolic links
 */
async function protectedPaths(
  source: string,
  { directory, codeFiles }: ResolvedConfig,
): Promise<Pick<WorkspaceShare, 'hidden' | 'readOnlyPaths'>> {
  const below = (path: string): string[] => {
    const way = relative(source, path);
    return way === '' || way === '..' || way.startsWith('../') || isAbsolute(way) ? [] : [way];
  };
  const state = join(directory, WORKSPACE_NAMES.state);
  if (source === state || (below(state).length + below(directory).length === 0 && isInside(source, state)))
    throw new DewarError({
      code: 'MOUNT_REFUSED',
      message: `${source} is the state of the workspace, which no guest may see`,
      mend: 'mount another directory',
    });
  const files = await Promise.all(
    codeFiles.map(async (path) => join(await realpath(dirname(path)), basename(path))),
  );
  return { hidden: below(state), readOnlyPaths: files.flatMap(below) };
}

function isInside(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return way !== '..' && !way.startsWith('../') && !isAbsolute(way);
}

function freeId(mounts: readonly JournalMount[]): string {
  const taken = new Set(mounts.map(({ id }) => id));
  for (let number = 0; ; number++) if (!taken.has(`share${number}`)) return `share${number}`;
}

async function exists(path: string): Promise<boolean> {
  return readdir(path).then(
    () => true,
    () => false,
  );
}
