import { mkdir, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { acquireLock, tryAcquireLock } from '../platform/file-lock.ts';
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
 * @throws DewarError COMMAND_NOT_FOUND (no ssh-keygen), SSH_FAILED, LOCK_FAILED
 */
export async function workspaceKey(directory: string, comment: string): Promise<KeyPair> {
  // Several machines of one workspace may be made at a time.
  const lock = await acquireLock(lockOf(directory));
  try {
    return (await readKey(directory)) ?? (await makeKey(directory, comment));
  } finally {
    await lock.release({ remove: true });
  }
}

/** Removes what the maker of a key pair, who is dead, has left. */
export async function removeTornKey(directory: string): Promise<void> {
  const path = lockOf(directory);
  if ((await stat(path).catch(() => undefined)) === undefined) return;
  const lock = await tryAcquireLock(path);
  if (lock === undefined) return;
  await removeTree(freshOf(directory));
  await lock.release({ remove: true });
}

async function readKey(directory: string): Promise<KeyPair | undefined> {
  const path = join(directory, NAME);
  const [privateKey, publicKey] = await Promise.all([readIfPresent(path), readIfPresent(`${path}.pub`)]);
  if (privateKey === undefined || publicKey === undefined) return undefined;
  return { privateKey: privateKey.toString('utf8'), publicKey: publicKey.toString('utf8') };
}

/** Both or none, whenever this process dies. */
async function makeKey(directory: string, comment: string): Promise<KeyPair> {
  const fresh = freshOf(directory);
  await removeTree(fresh);
  await mkdir(fresh, { recursive: true, mode: 0o700 });
  await makeKeyPair(join(fresh, NAME), comment);
  const read = async (name: string): Promise<string> => readFile(join(fresh, name), 'utf8');
  const pair = { privateKey: await read(NAME), publicKey: await read(`${NAME}.pub`) };
  await removeTree(directory);
  await rename(fresh, directory);
  return pair;
}

function freshOf(directory: string): string {
  return `${directory}.new`;
}

function lockOf(directory: string): string {
  return `${directory}.lock`;
}
