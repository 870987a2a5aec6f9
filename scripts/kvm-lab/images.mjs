import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { imagesCache, projectRoot, toolsDir } from '../setup/paths.mjs';
import { run, tail } from '../setup/run.mjs';
import { SetupError, say } from '../setup/say.mjs';

/** Debian 13 has QEMU 10 and Node 20. Networks of machines need the next two, what unpacks kernels the last. */
const OUTER = {
  suite: 'trixie',
  packages: [
    'nodejs',
    'openssh-client',
    'qemu-system-x86',
    'qemu-utils',
    'virtiofsd',
    'nftables',
    'dnsmasq-base',
    'lz4',
    'xz-utils',
    'zstd',
  ],
};

/** The image of the outer machine: built once, which takes minutes, and kept in a cache of its own, where it is no guest. */
export function ensureOuterImage() {
  const packages = OUTER.packages.flatMap((name) => ['--package', name]);
  return ensureImage(join(toolsDir(), 'kvm-lab'), ['minimal', '--suite', OUTER.suite, ...packages]);
}

/** The image of a profile that the tests boot, in the versions of the tests' lock file. */
export function ensureGuestImage(profile) {
  return ensureImage(imagesCache(), [profile]);
}

/** @returns what `dewar image build --json` prints */
async function ensureImage(cache, args) {
  mkdirSync(cache, { recursive: true });
  const dewar = join(projectRoot, 'dist', 'dewar.js');
  const words = [dewar, 'image', 'build', ...args, '--json', '--lock', join(cache, 'dewar.lock')];
  const { exitCode, stdout, stderr } = await run(process.execPath, words, {
    env: { ...process.env, DEWAR_CACHE_DIR: cache },
  });
  if (exitCode !== 0) throw new SetupError(`the image ${args.join(' ')} was not built:\n${tail(stderr)}`);
  const image = JSON.parse(stdout);
  if (!image.reused) say(`built the image ${args.join(' ')}`);
  return image;
}
