import { chmod, copyFile, mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { cannotBuild, guestImage, IMAGES_CACHE, IMAGES_LOCK, SYSTEM_PATH } from '../support/guest-image.ts';
import type { BuiltImage } from '../support/guest-image.ts';
import {
  cacheWithPackages,
  DEWAR,
  dewarImage,
  errorOf,
  linkOrCopy,
  readLock,
  startDewarImage,
} from '../support/image-cli.ts';
import { canMount, mountTmpfs } from '../support/mounted.ts';
import { processesNaming } from '../support/processes-naming.ts';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dewar-images-'));
});

afterAll(() => rm(directory, { recursive: true }));

describe.skipIf(cannotBuild !== undefined)(
  `an image that was built (skipped ${cannotBuild ?? 'never'})`,
  () => {
    let image: BuiltImage;

    beforeAll(async () => {
      image = await guestImage();
    });

    test('is found again, by its lock file, under --frozen too', async () => {
      const again = await dewarImage(['build', '--frozen', '--json', '--lock', IMAGES_LOCK], IMAGES_CACHE);
      expect(JSON.parse(again.stdout)).toMatchObject({ id: image.id, reused: true, lock_changes: [] });
      expect((await dewarImage(['show', image.id.slice(0, 8), '--verify'], IMAGES_CACHE)).exitCode).toBe(0);
      const list = JSON.parse((await dewarImage(['ls', '--json'], IMAGES_CACHE)).stdout) as {
        images: object[];
      };
      expect(list.images).toContainEqual(
        expect.objectContaining({ id: image.id, state: 'complete', profile: 'minimal' }),
      );
    });

    test('has a lock of exactly what is installed', async () => {
      const lock = await readLock();
      const locked = lock.images['minimal']?.packages.map(({ name, version }) => `${name}=${version}`);
      const status = await debugfs(image, 'cat /var/lib/dpkg/status');
      const installed = status
        .split('\n\n')
        .filter((stanza) => stanza.includes('\nStatus: install ok installed\n'))
        .map((stanza) => `${/^Package: (.*)$/m.exec(stanza)?.[1]}=${/^Version: (.*)$/m.exec(stanza)?.[1]}`);
      expect(installed.toSorted()).toEqual(locked?.toSorted());
    });

    test('has no key, no identity and no trace of the host that built it', async () => {
      expect(await debugfs(image, 'ls -p /etc/ssh')).not.toContain('host_');
      expect(await debugfs(image, 'cat /etc/machine-id')).toBe('');
      expect(await debugfs(image, 'cat /etc/resolv.conf')).toBe('');
      expect(await debugfs(image, 'cat /etc/apt/sources.list')).toBe('');
      expect(await debugfs(image, 'cat /etc/hostname')).toBe('dewar\n');
      expect(await debugfs(image, 'ls -p /root/.ssh')).toBe('');
      expect(await debugfs(image, 'cat /etc/shadow')).toMatch(/^root:\*:/);
    });

    test('is a sound file system in which every inode has the same times', async () => {
      const check = await execa('e2fsck', ['-fn', image.rootfs], { reject: false, env: SYSTEM_PATH });
      expect(check.exitCode).toBe(0);
      const times = (await debugfs(image, 'stat /etc/passwd')).matchAll(/^ ?(?:c|a|cr)time: (\S+)/gm);
      expect(new Set([...times].map(([, time]) => time))).toEqual(new Set(['0x6553f100:00000000']));
      expect(await debugfs(image, 'stats -h')).toMatch(/^Last write time: +Tue Nov 14 22:13:20 2023$/m);
    });

    describe('whose files were changed', () => {
      test('in one byte is refused, is shown as damaged, and can be removed', async () => {
        const cache = await tamperedCopy(image, async (path) => {
          await using file = await open(path, 'r+');
          await file.write(Buffer.from('X'), 0, 1, 5000);
        });
        const build = await dewarImage(['build', '--lock', IMAGES_LOCK, '--json'], cache);
        expect(build.exitCode).toBe(1);
        expect(errorOf(build)).toMatchObject({
          code: 'IMAGE_DAMAGED',
          message: expect.stringContaining('initrd does not match its digest') as string,
        });
        const show = await dewarImage(['show', image.id, '--verify'], cache);
        expect([show.exitCode, show.stdout]).toEqual([1, expect.stringContaining('damaged')]);
        expect((await dewarImage(['rm', image.id], cache)).stdout).toBe(`removed ${image.id.slice(0, 12)}`);
        expect((await dewarImage(['ls'], cache)).stdout).toBe('no images');
      });

      test('in their size is listed as damaged', async () => {
        const cache = await tamperedCopy(image, (path) => writeFile(path, 'short'));
        const { stdout } = await dewarImage(['ls', '--json'], cache);
        expect(JSON.parse(stdout)).toMatchObject({
          images: [{ state: 'damaged', why: expect.stringMatching(/^initrd has 5 bytes/) as string }],
        });
      });
    });

    describe('a build of it', () => {
      test('that is interrupted leaves nothing', async () => {
        const cache = await cacheWithPackages(await mkdtemp(join(directory, 'interrupted-')));
        const build = startDewarImage(['build', '--frozen', '--lock', IMAGES_LOCK], cache);
        await build.saying('bootstrap: installs');
        await expect.poll(() => processesNaming(cache), { timeout: 30_000 }).not.toEqual([]);
        build.kill('SIGINT');
        const { exitCode, stderr } = await build.ended;
        expect(exitCode).toBe(130);
        expect(stderr).toContain('INTERRUPTED');
        expect((await readdir(join(cache, 'images'))).filter((name) => name !== '.locks')).toEqual([]);
        expect(await processesNaming(cache)).toEqual([]);
        expect(await readFile('/proc/mounts', 'utf8')).not.toContain(cache);
      });

      test.skipIf(!canMount)('on a full disk says so, and leaves nothing (needs root to mount)', async () => {
        const path = await mkdtemp(join(directory, 'full-'));
        await using disk = await mountTmpfs(path, 'size=200m');
        await cacheWithPackages(disk.path);
        const build = await dewarImage(['build', '--frozen', '--lock', IMAGES_LOCK, '--json'], disk.path);
        expect(build.exitCode).toBe(1);
        expect(errorOf(build)).toMatchObject({ code: 'IMAGE_DISK_FULL' });
        expect((await readdir(join(disk.path, 'images'))).filter((name) => name !== '.locks')).toEqual([]);
      });

      test('of a version that the archive no longer has names it', async () => {
        const server = createServer((_, response) => response.writeHead(404).end());
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        onTestFinished(() => void server.close());
        const mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}/debian`;
        const lock = await readLock();
        const one = lock.images['minimal']?.packages.find(({ name }) => name === 'openssh-server');
        if (one === undefined) throw new Error('no openssh-server in the lock');
        one.sha256 = '0'.repeat(64);
        const path = join(directory, 'gone.lock');
        await writeFile(path, JSON.stringify(lock));
        const cache = await cacheWithPackages(await mkdtemp(join(directory, 'gone-')));
        const build = await dewarImage(['build', '--json', '--lock', path, '--mirror', mirror], cache);
        expect(errorOf(build)).toMatchObject({
          code: 'PACKAGE_GONE',
          message: expect.stringContaining(`openssh-server=${one.version}`) as string,
          mend: expect.stringContaining('dewar update') as string,
        });
      });
    });
  },
);

describe('what cannot be built', () => {
  test('a profile that is not there', async () => {
    expect(errorOf(await dewarImage(['build', 'minimum', '--json'], directory))).toMatchObject({
      code: 'NO_SUCH_PROFILE',
    });
  });

  test.skipIf(cannotBuild !== undefined).each([
    ['postgressql', 'NO_SUCH_PACKAGE', /no package postgressql \(there is postgresql\)$/],
    // what others provide, and what apt takes for a pattern
    ['awk', 'NO_SUCH_PACKAGE', /no package awk \(there is .*gawk/],
    ['pytho.3', 'NO_SUCH_PACKAGE', /no package pytho\.3 \(there is python3/],
    ['-oDPkg::Options::=x', 'BAD_PACKAGE_NAME', /"-oDPkg::Options::=x"/],
  ])('with a package %j', async (name, code, message) => {
    const lock = join(directory, 'none.lock');
    const build = await dewarImage(['build', '--json', '--lock', lock, `--package=${name}`], directory);
    expect(errorOf(build)).toMatchObject({ code, message: expect.stringMatching(message) as string });
    await expect(readFile(lock)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('by a file that is no lock', async () => {
    const path = join(directory, 'bad.lock');
    await writeFile(path, '{"format": 1, "images": []}');
    expect(errorOf(await dewarImage(['build', '--json', '--lock', path], directory))).toMatchObject({
      code: 'BAD_LOCK',
      message: expect.stringContaining(path) as string,
    });
  });

  test('what the lock does not have, under --frozen', async () => {
    const args = ['build', '--json', '--frozen', '--lock', join(directory, 'none.lock')];
    expect(errorOf(await dewarImage(args, directory))).toMatchObject({ code: 'LOCK_OUTDATED' });
  });

  test.skipIf(cannotBuild !== undefined)('from an archive that nobody reaches', async () => {
    // the discard port, on which nothing listens
    const args = [
      'build',
      '--json',
      '--lock',
      join(directory, 'no.lock'),
      '--mirror',
      'http://127.0.0.1:9/debian',
    ];
    expect(errorOf(await dewarImage(args, directory))).toMatchObject({
      code: 'MIRROR_UNREACHABLE',
      message: expect.stringContaining('http://127.0.0.1:9/debian') as string,
    });
  });

  test('without the programs that build', async () => {
    const bin = join(directory, 'bin');
    await mkdir(bin);
    const result = await execa(
      process.execPath,
      [DEWAR, 'image', 'build', '--json', '--lock', join(bin, 'x')],
      {
        env: { PATH: bin, DEWAR_CACHE_DIR: directory, HOME: directory },
        extendEnv: false,
        reject: false,
      },
    );
    expect(errorOf(result)).toMatchObject({
      code: 'IMAGE_TOOLS_MISSING',
      message: expect.stringContaining('mmdebstrap') as string,
      mend: expect.stringMatching(/apt-get install .*mmdebstrap/) as string,
    });
  });

  test('an image that is not there cannot be shown or removed', async () => {
    for (const command of ['show', 'rm'])
      expect(errorOf(await dewarImage([command, 'abcdef', '--json'], directory))).toMatchObject({
        code: 'NO_SUCH_IMAGE',
      });
  });
});

/** @returns a cache with a copy of the image of which `change` was given the initrd */
async function tamperedCopy(image: BuiltImage, change: (path: string) => Promise<void>): Promise<string> {
  const cache = await mkdtemp(join(directory, 'tampered-'));
  const copy = join(cache, 'images', image.id);
  await mkdir(copy, { recursive: true });
  for (const name of ['kernel', 'rootfs.ext4', 'manifest.json'])
    await linkOrCopy(join(image.directory, name), join(copy, name));
  await copyFile(join(image.directory, 'initrd'), join(copy, 'initrd'));
  await chmod(join(copy, 'initrd'), 0o644);
  await change(join(copy, 'initrd'));
  return cache;
}

async function debugfs({ rootfs }: BuiltImage, command: string): Promise<string> {
  const options = { env: { ...SYSTEM_PATH, TZ: 'UTC' }, stripFinalNewline: false };
  return (await execa('debugfs', ['-R', command, rootfs], options)).stdout;
}
