import { execFileSync } from 'node:child_process';
import { mkdtemp, open, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { onTestFinished, expect, test } from 'vitest';
import { makeCredentialDisk, destroyCredentialDisk } from './credential-disk.ts';

const CREDENTIALS = {
  env: { TOKEN: `s3cr3t-${'x'.repeat(20)}`, OTHER: "it's" },
  privateKey: '-----BEGIN OPENSSH PRIVATE KEY-----\nnot one\n-----END OPENSSH PRIVATE KEY-----\n',
  publicKey: 'ssh-ed25519 AAAA name\n',
};

test('a disk has the credentials, is in memory, and for its user alone', async () => {
  const directory = await temporary('/dev/shm');
  const disk = await makeCredentialDisk(CREDENTIALS, directory);
  expect(dirname(disk.path)).toBe(directory);
  expect(await readdir(directory)).toEqual([basename(disk.path)]);
  expect([await modeOf(directory), await modeOf(disk.path)]).toEqual([0o700, 0o600]);
  expect(onDisk(disk.path, 'env')).toBe(`export TOKEN='${CREDENTIALS.env.TOKEN}'\nexport OTHER='it'\\''s'\n`);
  expect(onDisk(disk.path, 'id_ed25519')).toBe(CREDENTIALS.privateKey);
  expect(onDisk(disk.path, 'id_ed25519.pub')).toBe(CREDENTIALS.publicKey);
  expect((await stat(disk.path)).size).toBeLessThan(512 * 1024);
});

test('what is destroyed is gone, also for who has it open', async () => {
  const directory = await temporary('/dev/shm');
  const disk = await makeCredentialDisk(CREDENTIALS, directory);
  await using file = await open(disk.path);
  await disk.destroy();
  expect((await file.readFile()).every((byte) => byte === 0)).toBe(true);
  await expect(stat(directory)).rejects.toMatchObject({ code: 'ENOENT' });
  await disk.destroy();
});

test('a directory that is on a disk gets nothing; the next disk, or a clean-up, finds what was left in memory', async () => {
  const directory = await temporary(tmpdir());
  const left = await makeCredentialDisk(CREDENTIALS, directory);
  expect(left.path.startsWith('/dev/shm/')).toBe(true);
  expect(await readdir(directory)).toEqual([]);
  const disk = await makeCredentialDisk({ ...CREDENTIALS, env: { TOKEN: 'new' } }, directory);
  expect(disk.path).toBe(left.path);
  expect(onDisk(disk.path, 'env')).toBe("export TOKEN='new'\n");
  await destroyCredentialDisk(directory);
  await expect(stat(disk.path)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('an env as large as it can be has room', async () => {
  const directory = await temporary('/dev/shm');
  const env = Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [`VARIABLE_${index}`, `${index}`.repeat(60_000)]),
  );
  const disk = await makeCredentialDisk({ ...CREDENTIALS, env }, directory);
  expect(onDisk(disk.path, 'env')).toContain(`export VARIABLE_39='${'39'.repeat(60_000)}'\n`);
  execFileSync('e2fsck', ['-fn', disk.path], { stdio: 'pipe' });
});

test('a value that no variable can have leaves nothing', async () => {
  const directory = await temporary('/dev/shm');
  const refused = makeCredentialDisk({ ...CREDENTIALS, env: { A: '\0' } }, directory);
  await expect(refused).rejects.toMatchObject({ code: 'BAD_ENV' });
  expect(await readdir(directory)).toEqual([]);
});

async function temporary(below: string): Promise<string> {
  const path = await mkdtemp(join(below, 'dewar-test-'));
  onTestFinished(async () => {
    await destroyCredentialDisk(path);
    await rm(path, { recursive: true, force: true });
  });
  return path;
}

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777;
}

function onDisk(path: string, name: string): string {
  const env = { PATH: `${process.env['PATH']}:/usr/sbin:/sbin` };
  return execFileSync('debugfs', ['-R', `cat /${name}`, path], {
    env,
    stdio: 'pipe',
    maxBuffer: 1 << 26,
  }).toString();
}
