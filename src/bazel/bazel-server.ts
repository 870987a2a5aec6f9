import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { endProcess } from '../platform/end-process.ts';

/** @returns the process of the Bazel server of an output base, undefined when none runs */
export async function findServer(outputBase: string): Promise<number | undefined> {
  return (await describeServer(outputBase))?.pid;
}

/** @returns the process of the server, and its command line, which names the options of the JVM too */
export async function describeServer(
  outputBase: string,
): Promise<{ pid: number; words: readonly string[] } | undefined> {
  const text = await readFile(join(outputBase, 'server', 'server.pid.txt'), 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  if (!(pid > 1)) return undefined;
  // The number may belong to another process by now.
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  const real = await realpath(outputBase).catch(() => outputBase);
  const words = command.split('\0');
  return words.some((word) => word === `--output_base=${outputBase}` || word === `--output_base=${real}`)
    ? { pid, words }
    : undefined;
}

/** Ends the server of an output base: SIGTERM, and SIGKILL when it does not go. */
export async function stopServer(outputBase: string): Promise<void> {
  const pid = await findServer(outputBase);
  if (pid !== undefined) await endProcess(pid);
}
