import { mkdir, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isAbsent } from '../../platform/errno.ts';
import { KEPT_LOGS, MACHINE_FILES } from './machine-paths.ts';
import type { MachinePaths } from './machine-paths.ts';

const LOGS = ['console', 'output', 'protocol'] as const;
/** A guest writes as much as it likes to its console. */
const MOST_BYTES = 1 << 20;
const MOST_MACHINES = 32;

/** @returns where a log of a machine is found once the machine is gone */
export function keptLog({ directory }: Pick<MachinePaths, 'directory'>, log: (typeof LOGS)[number]): string {
  return join(keptIn(directory), MACHINE_FILES[log]);
}

/** @returns where a log of a machine is found now */
export async function whereLogsAre(paths: MachinePaths, log: (typeof LOGS)[number]): Promise<string> {
  const live = await stat(paths[log]).catch(() => undefined);
  return live === undefined ? keptLog(paths, log) : paths[log];
}

/** Keeps the ends of a machine's logs, whose directory is about to be removed, and those of the newest others. */
export async function keepLogs(paths: MachinePaths): Promise<void> {
  try {
    for (const log of LOGS) await keepEnd(paths[log], keptLog(paths, log));
    await removeOldest(dirname(keptIn(paths.directory)));
  } catch {
    // On a full disk above all, a machine is removed without its logs.
  }
}

function keptIn(directory: string): string {
  return join(dirname(dirname(directory)), KEPT_LOGS, basename(directory));
}

async function keepEnd(from: string, to: string): Promise<void> {
  const end = await readEnd(from);
  if (end === undefined) return;
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  await writeFile(to, end, { mode: 0o600 });
}

async function readEnd(path: string): Promise<Buffer | undefined> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read({
      buffer: Buffer.alloc(Math.min(size, MOST_BYTES)),
      position: Math.max(0, size - MOST_BYTES),
    });
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

async function removeOldest(root: string): Promise<void> {
  const names = await readdir(root);
  if (names.length <= MOST_MACHINES) return;
  const found = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(root, name))).mtimeMs })),
  );
  for (const { name } of found.toSorted((a, b) => b.at - a.at).slice(MOST_MACHINES))
    await rm(join(root, name), { recursive: true, force: true });
}
