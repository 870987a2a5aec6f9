import { chmod, lstat, mkdir } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { DewarError } from '../core/errors.ts';
import { errnoOf } from './errno.ts';

/**
 * The directory for what ends with the host's boot: locks and sockets. Made when absent, for this user alone.
 * @returns absolute path: `$XDG_RUNTIME_DIR/dewar`, else `/run/user/<uid>/dewar`, else `/tmp/dewar-<uid>`
 * @throws DewarError RUNTIME_DIRECTORY (it belongs to somebody else)
 */
export async function runtimeDirectory(env: Readonly<Record<string, string>>): Promise<string> {
  const uid = process.getuid?.() ?? 0;
  const path = await choose(env['XDG_RUNTIME_DIR'], uid);
  // What is there instead is looked at below.
  await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
    if (errnoOf(error) !== 'EEXIST') throw error;
  });
  const found = await lstat(path);
  if (!found.isDirectory() || found.uid !== uid)
    throw new DewarError({
      code: 'RUNTIME_DIRECTORY',
      message: `${path} is no directory of this user`,
      mend: 'remove it, or set XDG_RUNTIME_DIR to a directory of yours',
    });
  if ((found.mode & 0o077) !== 0) await chmod(path, 0o700);
  return path;
}

async function choose(xdg: string | undefined, uid: number): Promise<string> {
  // The XDG specification says to ignore a relative path.
  for (const base of [xdg, `/run/user/${uid}`]) {
    if (base === undefined || !isAbsolute(base)) continue;
    const found = await lstat(base).catch(() => undefined);
    if (found?.isDirectory() === true && found.uid === uid) return join(base, 'dewar');
  }
  return `/tmp/dewar-${uid}`;
}
