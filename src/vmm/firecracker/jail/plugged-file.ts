import { chmod, chown, copyFile, lstat, rm } from 'node:fs/promises';
import { constants } from 'node:fs';
import { basename, join } from 'node:path';
import { JAIL, jailedUser, PLUGGED } from './plan-jailer.ts';

/** Gives a Firecracker that runs a file of this host. */
export interface PluggedFile {
  /** @returns the path by which Firecracker finds it */
  bring(path: string): Promise<string>;
  /** Takes it away again. */
  drop(): Promise<void>;
}

const NAME = 'disk';

/**
 * A jail has a directory in memory, which only this host's root changes: the file is copied there.
 * @param directory the machine's
 * @param pid of Firecracker
 */
export async function pluggedFile(directory: string, pid: number): Promise<PluggedFile> {
  const isJailed = await lstat(join(directory, JAIL)).then(
    () => true,
    () => false,
  );
  if (!isJailed) return { bring: (path) => Promise.resolve(path), drop: () => Promise.resolve() };
  const place = `/proc/${pid}/root/${PLUGGED}/${NAME}`;
  const user = jailedUser(basename(directory));
  return {
    async bring(path) {
      await rm(place, { force: true });
      await copyFile(path, place, constants.COPYFILE_EXCL);
      await chmod(place, 0o400);
      await chown(place, user, user);
      return `/${PLUGGED}/${NAME}`;
    },
    drop: () => rm(place, { force: true }),
  };
}
