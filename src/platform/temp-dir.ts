import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TempDirectory extends AsyncDisposable {
  /** Absolute. */
  path: string;
}

/** Makes a private directory below TMPDIR; it goes with its contents when it is disposed of. */
export async function makeTempDirectory(purpose: string): Promise<TempDirectory> {
  const path = await mkdtemp(join(tmpdir(), `dewar-${purpose}-`));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
