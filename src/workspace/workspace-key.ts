import { mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { makeKeyPair } from '../platform/make-key-pair.ts';
import { readIfPresent } from '../platform/read-if-present.ts';
import { removeTree } from '../platform/remove-tree.ts';

export interface KeyPair {
  /** As OpenSSH writes it. */
  privateKey: string;
  publicKey: string;
}

const NAME = 'id_ed25519';

/**
 * Reads the key pair of a workspace, which is made at the first call: what its guests are to others, by ssh and git.
 * @param directory absolute
 * @throws DewarError COMMAND_NOT_FOUND (no ssh-keygen), SSH_FAILED
 */
export async function workspaceKey(directory: string, comment: string): Promise<KeyPair> {
  const path = join(directory, NAME);
  if ((await readIfPresent(path)) === undefined || (await readIfPresent(`${path}.pub`)) === undefined) {
    // Both or none, whenever this process dies.
    const fresh = `${directory}.new`;
    await removeTree(fresh);
    await mkdir(fresh, { recursive: true, mode: 0o700 });
    await makeKeyPair(join(fresh, NAME), comment);
    await removeTree(directory);
    await rename(fresh, directory);
  }
  return {
    privateKey: await readFile(path, 'utf8'),
    publicKey: await readFile(`${path}.pub`, 'utf8'),
  };
}
