import { join } from 'node:path';
import { destroyCredentialDisk } from '../guest/credential-disk.ts';
import { runtimeDirectory } from '../platform/runtime-directory.ts';

/** @returns where a machine's credentials are for the moments that they need to reach it; absolute, not made */
export async function secretsDirectory(
  env: Readonly<Record<string, string>>,
  machine: string,
): Promise<string> {
  return join(await runtimeDirectory(env), 'secrets', machine);
}

export async function discardSecrets(env: Readonly<Record<string, string>>, machine: string): Promise<void> {
  await destroyCredentialDisk(await secretsDirectory(env, machine));
}
