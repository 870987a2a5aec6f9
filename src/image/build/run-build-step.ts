import { statfs } from 'node:fs/promises';
import { DewarError } from '../../core/errors.ts';
import { streamCommand } from '../../platform/stream-command.ts';
import type { BuildTools } from './build-tools.ts';

export interface BuildStep {
  tools: BuildTools;
  signal?: AbortSignal | undefined;
  /** What is written there, for messages. */
  directory: string;
  /** Added to the environment. */
  env?: Readonly<Record<string, string>>;
  /** Called with each line of stderr. */
  onLine?: (line: string) => void;
}

/**
 * Runs one program of a build.
 * @throws DewarError IMAGE_DISK_FULL, IMAGE_BUILD_FAILED; as `runCommand` does
 */
export async function runBuildStep(command: readonly string[], step: BuildStep): Promise<void> {
  const [file = '', ...args] = command;
  let rest = '';
  const onStderr = (chunk: Buffer): void => {
    const lines = (rest + chunk.toString('utf8')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) step.onLine?.(line);
  };
  let said = '';
  const { exitCode, stderr } = await streamCommand(file, args, {
    env: { ...step.tools.env, ...step.env },
    signal: step.signal,
    onStderr,
    // dpkg and the scripts of packages talk there
    onChunk: (chunk) => (said = (said + chunk.toString('utf8')).slice(-LAST)),
  });
  if (exitCode === 0) return;
  const output = `${said}\n${stderr}`;
  if (NO_ROOM.test(output) || (await isFull(step.directory))) throw imageDiskFull(step.directory);
  throw new DewarError({
    code: 'IMAGE_BUILD_FAILED',
    message: `${file} failed with exit code ${exitCode} while building in ${step.directory}:\n${lastLines(output)}`,
    mend: 'see what it says; with --verbose all its output is shown',
  });
}

const NO_ROOM = /No space left on device|Disk quota exceeded|ENOSPC|Wrote only \d+ of/i;

/** Not every program says why it could not write. */
async function isFull(directory: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize < 1 << 20;
}

/** @returns the error for a build that ran out of room */
export function imageDiskFull(directory: string, cause?: unknown): DewarError {
  return new DewarError({
    code: 'IMAGE_DISK_FULL',
    message: `no room is left in ${directory} to build the image; nothing half-built was kept`,
    mend: 'make room there (dewar image rm), or set DEWAR_CACHE_DIR, and TMPDIR for a build without root, to a larger file system',
    cause,
  });
}

const LAST = 1 << 16;

/** @returns what looks like a cause, and how it ended */
function lastLines(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const end = lines.slice(-6);
  const causes = lines.slice(0, -end.length).filter((line) => CAUSE.test(line));
  return [...causes.slice(-8), ...end].map((line) => `  ${line.slice(0, 400)}`).join('\n');
}

const CAUSE = /\berror\b|^E: |No such file|not permitted|denied|cannot|failed/i;
