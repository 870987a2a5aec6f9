import { chmod, mkdir, open, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DewarError } from '../core/errors.ts';
import { runCommand } from '../platform/run-command.ts';
import { removeTree } from '../platform/remove-tree.ts';

export interface Credentials {
  env: Readonly<Record<string, string>>;
  privateKey: string;
  publicKey: string;
}
export interface CredentialDisk {
  path: string;
  destroy(): Promise<void>;
}
const TMPFS = 0x0102_1994;

export async function makeCredentialDisk({ env, privateKey, publicKey }: Credentials, directory: string): Promise<CredentialDisk> {
  let at = directory;
  await mkdir(at, { recursive: true, mode: 0o700 });
  if ((await statfs(at)).type !== TMPFS) {
    at = join('/dev/shm', `dewar-${process.getuid?.()}`, directory.split('/').pop() ?? 'x');
    await mkdir(at, { recursive: true, mode: 0o700 });
  }
  const files = join(at, 'files');
  await mkdir(files, { mode: 0o700 });
  const lines = Object.entries(env).map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`);
  await writeFile(join(files, 'env'), lines.join(''), { mode: 0o600 });
  await writeFile(join(files, 'id_ed25519'), privateKey, { mode: 0o600 });
  await writeFile(join(files, 'id_ed25519.pub'), publicKey, { mode: 0o600 });
  const path = join(at, 'disk');
  await writeFile(path, '', { mode: 0o600 });
  await using file = await open(path, 'r+');
  await file.truncate(4 << 20);
  const made = await runCommand('mke2fs', ['-q', '-F', '-t', 'ext4', '-O', '^has_journal', '-d', files, path]);
  await removeTree(files);
  if (made.exitCode !== 0) throw new DewarError({ code: 'CREDENTIAL_DISK', message: made.stderr, mend: 'install e2fsprogs' });
  await chmod(path, 0o600);
  return { path, async destroy() { await rm(path, { force: true }); await removeTree(at); } };
}
