import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { stopServer } from '../../bazel/bazel-server.ts';
import { isAbsent } from '../../platform/errno.ts';

/** Below a lab, output bases are at most this deep; what is below one is not looked at. */
const DEPTH = 6;

/** Ends every Bazel server whose output base is `directory` or below it. */
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
  if (names.has('server') && (await exists(join(directory, 'server', 'server.pid.txt')))) yield directory;
  else if (depth > 0 && !names.has('.git'))
    for (const name of names) yield* outputBases(join(directory, name), depth - 1);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
