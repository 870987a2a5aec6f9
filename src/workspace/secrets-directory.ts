import { join } from 'node:path';
import { runtimeDirectory } from '../platform/runtime-directory.ts';

/** @returns where a machine's credentials are for the moments that they need to reach it; absolute, not made */
export async function secretsDirectory(
  env: Readonly<Record<string, string>>,
  machine: string,
): Promise<string> {
  return join(await runtimeDirectory(env), 'secrets', machine);
}
