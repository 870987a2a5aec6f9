import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run, tail } from '../setup/run.mjs';
import { SetupError } from '../setup/say.mjs';

/**
 * Makes a raw disk with an ext4 file system of 24 GiB (sparse), without mounting anything.
 * @param path of the disk
 * @param label by which it is found
 * @param files what it holds: `from` (a directory of this host), `paths` in it, which it keeps, and `to`, where they come
 */
export async function makeDisk(path, label, files) {
  const staging = mkdtempSync(join(dirname(path), 'files-'));
  try {
    for (const { from, paths, to } of files) {
      const target = join(staging, to);
      mkdirSync(target, { recursive: true });
      // --parents leaves out nothing of the paths
      await must('cp', ['-a', '--reflink=auto', '--parents', ...paths, target], from);
    }
    const options = '-q -t ext4 -m 0 -O ^has_journal -E root_owner=0:0,lazy_itable_init=1'.split(' ');
    await must('mke2fs', [...options, '-L', label, '-d', staging, path, '24G'], staging);
  } finally {
    rmSync(staging, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function must(program, args, cwd) {
  const env = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` };
  const { exitCode, stderr } = await run(program, args, { cwd, env });
  if (exitCode !== 0)
    throw new SetupError(`${program} failed while the lab's disk was made:\n${tail(stderr)}`);
}
