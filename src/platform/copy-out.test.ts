import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { thisHost } from './command-host.ts';
import { copyOut } from './copy-out.ts';
import type { Copy } from './copy-out.ts';
import { runCommand } from './run-command.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dewar-test-'));
  await mkdir(join(directory, 'from/sub'), { recursive: true });
});

afterEach(() => rm(directory, { recursive: true, force: true }));

function copyOf(name: string | Buffer): Copy {
  const at = (place: string): Buffer =>
    Buffer.concat([Buffer.from(`${directory}/${place}/`), Buffer.from(name)]);
  return { from: at('from'), to: at('to') };
}

test('files come with their content and permissions, links as what they lead to', async () => {
  const latin1 = Buffer.from('caf\u00e9', 'latin1');
  await writeFile(join(directory, 'from/sub/a.sh'), 'run');
  await chmod(join(directory, 'from/sub/a.sh'), 0o755);
  await writeFile(copyOf(latin1).from, 'coffee');
  await writeFile(join(directory, 'from/big'), Buffer.alloc(3_000_000, 7));
  await symlink('sub/a.sh', join(directory, 'from/link'));
  await symlink('nowhere', join(directory, 'from/dangling'));
  await symlink('sub', join(directory, 'from/linked'));
  await runCommand('mkfifo', [join(directory, 'from/fifo')]);
  const names = ['sub/a.sh', 'big', 'link', 'dangling', 'linked', 'fifo', 'none', 'big/below', latin1];
  await copyOut(thisHost, names.map(copyOf));
  const to = join(directory, 'to');
  expect(await readFile(copyOf(latin1).to, 'utf8')).toBe('coffee');
  await rm(copyOf(latin1).to);
  expect((await readdir(to)).toSorted()).toEqual(['big', 'fifo', 'link', 'linked', 'sub']);
  expect((await readFile(join(to, 'big'))).equals(Buffer.alloc(3_000_000, 7))).toBe(true);
  const modes = await Promise.all(
    ['sub/a.sh', 'link', 'big'].map(async (name) => (await stat(join(to, name))).mode),
  );
  expect(modes.map((mode) => mode & 0o100)).toEqual([0o100, 0o100, 0]);
  expect(await readdir(join(to, 'linked'))).toEqual([]);
  expect((await stat(join(to, 'fifo'))).isDirectory()).toBe(true);
});

test('more files than one call brings all come', async () => {
  const names = Array.from({ length: 1100 }, (_, at) => `f${at}`);
  for (const name of names) await writeFile(join(directory, 'from', name), name);
  await copyOut(thisHost, names.map(copyOf));
  expect(await readdir(join(directory, 'to'))).toHaveLength(names.length);
  expect(await readFile(join(directory, 'to/f1099'), 'utf8')).toBe('f1099');
});

test('a name that nobody asked for is not written', async () => {
  await writeFile(join(directory, 'from/other'), 'x');
  const { from } = copyOf('other');
  const swapping = {
    ...thisHost,
    stream: (...[file, args, options]: Parameters<typeof thisHost.stream>) =>
      thisHost.stream(file, args, { ...options, input: Buffer.concat([from, Buffer.of(0)]) }),
  };
  const copied = copyOut(swapping, [copyOf('asked')]);
  await expect(copied).rejects.toMatchObject({
    code: 'UNREADABLE',
    message: expect.stringMatching('nobody asked') as string,
  });
  await expect(readdir(join(directory, 'to'))).rejects.toMatchObject({ code: 'ENOENT' });
});
