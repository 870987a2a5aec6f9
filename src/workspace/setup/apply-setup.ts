import { DewarError } from '../../core/errors.ts';
import type { Emit } from '../../core/events.ts';
import { streamCommand } from '../../platform/stream-command.ts';

export interface SetupContext {
  env: Readonly<Record<string, string>>;
  emit: Emit;
  signal: AbortSignal | undefined;
}

/** Packages are downloaded. */
const DEADLINE_MS = 30 * 60_000;
/** Somebody else's apt may be at work. */
const WAIT = ['-o', 'DPkg::Lock::Timeout=300'];

/**
 * Runs an `apt-get install`; where that fails, once more after the package lists were updated.
 * @param command words, of `planSetup`
 * @throws DewarError SETUP_FAILED, COMMAND_NOT_FOUND, DEADLINE, INTERRUPTED
 */
export async function applySetup(command: readonly string[], context: SetupContext): Promise<void> {
  const at = command.indexOf('install');
  const apt = [...command.slice(0, at), ...WAIT];
  const install = [...apt, ...command.slice(at)];
  if ((await run(install, 'installs packages', context)).exitCode === 0) return;
  const updated = await run([...apt, 'update'], 'updates the package lists', context);
  const result = updated.exitCode === 0 ? await run(install, 'installs packages', context) : updated;
  if (result.exitCode === 0) return;
  throw new DewarError({
    code: 'SETUP_FAILED',
    message: `${command.join(' ')} failed: ${result.said.trim().slice(-1000)}`,
    mend: 'mend what apt-get says, and run dewar setup again',
  });
}

async function run(
  [program = '', ...args]: readonly string[],
  message: string,
  { env, emit, signal }: SetupContext,
): Promise<{ exitCode: number; said: string }> {
  const start = performance.now();
  emit({ type: 'phase', phase: 'setup', message });
  try {
    const { exitCode, stderr } = await streamCommand(program, args, {
      env: { ...env, DEBIAN_FRONTEND: 'noninteractive' },
      deadlineMs: DEADLINE_MS,
      signal,
      onChunk: (chunk) => emit({ type: 'debug', message: chunk.toString('utf8').trimEnd() }),
    });
    return { exitCode, said: stderr };
  } finally {
    emit({ type: 'phase-done', phase: 'setup', ms: performance.now() - start });
  }
}
