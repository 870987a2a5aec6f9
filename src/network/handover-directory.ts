import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runtimeDirectory } from '../platform/runtime-directory.ts';

/** Where a machine's network finds what it is told, for a moment. */
export async function removeHandover(env: Readonly<Record<string, string>>, machine: string): Promise<void> {
  await rm(await pathOf(env, machine), { recursive: true, force: true });
}

/**
 * Gives work an empty directory for what a machine's network is told. It is gone afterwards, or with what is left of the
 * machine when this process was killed.
 */
export async function withHandover<T>(
  env: Readonly<Record<string, string>>,
  machine: string,
  work: (directory: string) => Promise<T>,
): Promise<T> {
  const path = await pathOf(env, machine);
  await removeHandover(env, machine);
  await mkdir(path, { mode: 0o700 });
  try {
    return await work(path);
  } finally {
    await removeHandover(env, machine);
  }
}

async function pathOf(env: Readonly<Record<string, string>>, machine: string): Promise<string> {
  return join(await runtimeDirectory(env), `network-${machine}`);
}
