import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoOf, isAbsent } from '../../platform/errno.ts';

const DEADLINE_MS = 20_000;
/** Below a lab, output bases are at most this deep; what is below one is not looked at. */
const DEPTH = 6;

/**
 * Ends every Bazel server whose output base is `directory` or below it: SIGTERM, then SIGKILL.
 * Never another process: its command line must name the output base.
 */
export async function stopServersBelow(directory: string): Promise<void> {
  const stops: Promise<void>[] = [];
  for await (const outputBase of outputBases(directory, DEPTH)) stops.push(stopServer(outputBase));
  await Promise.all(stops);
}

async function* outputBases(directory: string, depth: number): AsyncGenerator<string, void> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: unknown) => {
    if (!isAbsent(error)) throw error;
    return [];
  });
  const names = new Set(entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])));
  if (names.has('server') && (await readText(join(directory, 'server', 'server.pid.txt'))) !== undefined)
    yield directory;
  else if (depth > 0 && !names.has('.git'))
    for (const name of names) yield* outputBases(join(directory, name), depth - 1);
}

async function stopServer(outputBase: string): Promise<void> {
  const pid = Number(await readText(join(outputBase, 'server', 'server.pid.txt')));
  const deadline = performance.now() + DEADLINE_MS;
  for (let waited = 0; await isServer(pid, outputBase); waited++) {
    if (waited === 0) kill(pid, 'SIGTERM');
    else if (performance.now() > deadline) kill(pid, 'SIGKILL');
    await sleep(50);
  }
}

async function isServer(pid: number, outputBase: string): Promise<boolean> {
  if (!Number.isSafeInteger(pid) || pid <= 1) return false;
  const commandLine = (await readText(`/proc/${pid}/cmdline`)) ?? '';
  return commandLine.split('\0').some((word) => word === `--output_base=${outputBase}`);
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It has just ended by itself.
    if (errnoOf(error) !== 'ESRCH') throw error;
  }
}

/** @returns undefined when there is no such file */
async function readText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    if (!isAbsent(error) && errnoOf(error) !== 'ESRCH') throw error;
    return undefined;
  });
}
