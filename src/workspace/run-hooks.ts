import { setTimeout as sleep } from 'node:timers/promises';
import type { ResolvedConfig, ResolvedHook } from '../config/resolved-config.ts';
import type { Guest, HookContext, Hooks } from '../config/workspace-config.ts';
import { interrupted } from '../platform/run-command.ts';
import { streamCommand } from '../platform/stream-command.ts';
import type { WorkspaceContext } from './workspace-context.ts';

const NAMES: Record<keyof Hooks, string> = {
  preUp: 'pre-up',
  postUp: 'post-up',
  preDown: 'pre-down',
  postDown: 'post-down',
};
const DEADLINE_MS = 30 * 60_000;

/**
 * Runs the hooks of one moment on this host, in order. A failure is a warning, and the next one runs.
 * @param warm streams the caches of a plugin
 */
export async function runHooks(
  moment: keyof Hooks,
  config: Pick<ResolvedConfig, 'name' | 'directory' | 'hooks'>,
  guest: Guest | undefined,
  { env, emit, signal }: WorkspaceContext,
  warm?: (plugin: string) => Promise<unknown>,
): Promise<void> {
  const { name, directory } = config;
  const context: HookContext = {
    workspace: { name, directory },
    guest,
    env,
    say: (message) => emit({ type: 'note', message }),
    signal,
  };
  for (const hook of config.hooks[moment]) {
    const label = `${NAMES[moment]} hook of ${hook.origin === 'user' ? 'the config' : hook.origin}`;
    const start = performance.now();
    emit({ type: 'phase', phase: 'hook', message: `running the ${label}` });
    try {
      await runHook(hook, context, moment, warm);
    } catch (error) {
      if (signal?.aborted === true) throw error;
      const why = error instanceof Error ? error.message : String(error);
      emit({ type: 'warning', code: 'HOOK_FAILED', message: `the ${label} failed: ${why}` });
    } finally {
      emit({ type: 'phase-done', phase: 'hook', ms: performance.now() - start });
    }
  }
}

async function runHook(
  { run }: ResolvedHook,
  context: HookContext,
  moment: keyof Hooks,
  warm?: (plugin: string) => Promise<unknown>,
): Promise<void> {
  const { workspace, env, signal } = context;
  if (typeof run === 'object') {
    await warm?.(run.warmCaches);
    return;
  }
  if (typeof run !== 'string') return await orGiveUp(async () => run(context), signal);
  const { exitCode, stderr } = await streamCommand('/bin/sh', ['-c', run], {
    cwd: workspace.directory,
    env: {
      ...env,
      DEWAR_HOOK: NAMES[moment],
      DEWAR_WORKSPACE: workspace.directory,
      DEWAR_NAME: workspace.name,
    },
    signal,
    deadlineMs: DEADLINE_MS,
    onChunk: (chunk) => {
      const text = chunk.toString('utf8').trimEnd();
      if (text !== '') context.say(text);
    },
  });
  if (exitCode !== 0)
    throw new Error(`exit code ${exitCode}${stderr.trim() === '' ? '' : `: ${stderr.trim().slice(-500)}`}`);
}

/** Code of the user's may never come to an end, and need not listen to anybody. */
async function orGiveUp(work: () => Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  const stop = new AbortController();
  const end = AbortSignal.any([stop.signal, ...(signal === undefined ? [] : [signal])]);
  const late = sleep(DEADLINE_MS, undefined, { signal: end }).then(
    () => {
      throw new Error(`it had not ended after ${DEADLINE_MS / 60_000} minutes`);
    },
    () => {
      if (signal?.aborted === true) throw interrupted('a hook', signal.reason);
    },
  );
  try {
    await Promise.race([work(), late]);
  } finally {
    stop.abort();
    await late.catch(() => undefined);
  }
}
