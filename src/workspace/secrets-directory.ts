import { join } from 'node:path';
import { removeTree } from '../platform/remove-tree.ts';
import { runtimeDirectory } from '../platform/runtime-directory.ts';

/** @returns where a machine's credentials are for the moments that they need to reach it; absolute, not made */
export async function secretsDirectory(
  env: Readonly<Record<string, string>>,
  machine: string,
): Promise<string> {
  return join(await runtimeDirectory(env), 'secrets', machine);
}

export async function discardSecrets(env: Readonly<Record<string, string>>, machine: string): Promise<void> {
  await removeTree(await secretsDirectory(env, machine));
}
