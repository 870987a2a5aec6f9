import { existsSync } from 'node:fs';
import { link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { compareText } from '../core/compare-text.ts';
import { thisHost } from './command-host.ts';
import { thisHostFiles } from './file-host.ts';
import type { ListedEntry } from './file-host.ts';
import { filesOverCommands } from './files-over-commands.ts';
import { runCommand } from './run-command.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dewar-test-'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

const LONG = 'n'.repeat(150);
const NAMES = ['a.txt', '-rf', 'with space', "qu'ote", 'line\nbreak', 'ünïcode', '$HOME', LONG];

/** Every path that may be asked for: what is there, what is not, and what leads where. */
async function makeTree(): Promise<string[]> {
  await mkdir(join(directory, 'sub/empty'), { recursive: true });
  for (const name of NAMES) await writeFile(join(directory, 'sub', name), `of ${name}`);
  await link(join(directory, 'sub/a.txt'), join(directory, 'sub/hard'));
  const links = {
    file: 'sub/a.txt',
    'sub/chain': '../file',
    directory: 'sub',
    dangling: 'sub/none',
    absolute: join(directory, 'sub/a.txt'),
    'sub/up': '..',
  };
  for (const [name, target] of Object.entries(links)) await symlink(target, join(directory, name));
  const names = [...NAMES.map((name) => `sub/${name}`), ...NAMES.map((name) => `directory/${name}`)];
  const others = [
    '',
    'sub',
    'sub/hard',
    'sub/empty',
    'none',
    'none/below',
    "no'ne",
    'no\nne',
    'nöne',
    'sub/a.txt/below',
    'sub/up/sub/a.txt',
  ];
  return [...names, ...others, ...Object.keys(links)].map((name) => join(directory, name));
}

function sorted(entries: ListedEntry[] | undefined): ListedEntry[] | undefined {
  return entries?.toSorted((a, b) => compareText(a.name, b.name));
}

test('sees what this host sees', async () => {
  const paths = await makeTree();
  const files = filesOverCommands(thisHost);
  const seen = async (host: typeof files): Promise<unknown[]> =>
    Promise.all(
      paths.map(async (path) => ({
        path,
        read: (await host.read(path))?.toString(),
        list: sorted(await host.list(path)),
        isFile: await host.isFile(path),
      })),
    );
  expect(await seen(files)).toEqual(await seen(thisHostFiles));
  const there = paths.filter((path) => existsSync(path));
  const real = async (host: typeof files): Promise<unknown[]> =>
    Promise.all(there.map((path) => host.realPath(path)));
  expect(await real(files)).toEqual(await real(thisHostFiles));
  const links = ['file', 'sub/chain', 'dangling', 'absolute'].map((name) => join(directory, name));
  const written = async (host: typeof files): Promise<unknown[]> =>
    Promise.all(links.map((path) => host.readLink(path)));
  expect(await written(files)).toEqual(await written(thisHostFiles));
});

test('a path that leads nowhere has the real path that it would have', async () => {
  await symlink('sub/none', join(directory, 'dangling'));
  const real = await filesOverCommands(thisHost).realPath(join(directory, 'dangling'));
  expect(real).toBe(join(directory, 'sub/none'));
});

test('what is neither file nor directory, or leads round in a circle, is an error', async () => {
  await runCommand('mkfifo', [join(directory, 'fifo')]);
  await symlink('/dev/null', join(directory, 'device'));
  await symlink('circle', join(directory, 'circle'));
  for (const name of ['fifo', 'device', 'circle']) {
    const read = filesOverCommands(thisHost).read(join(directory, name));
    await expect(read).rejects.toMatchObject({ code: 'UNREADABLE' });
  }
  const none = filesOverCommands(thisHost).readLink(join(directory, 'fifo'));
  await expect(none).rejects.toMatchObject({ code: 'UNREADABLE' });
});

test.each([
  {
    what: 'says something else',
    stderr: 'tar: /x: File shrank by 3 bytes; padding with zeros\n',
    exitCode: 1,
  },
  { what: 'fails without a word', stderr: '', exitCode: 2 },
  { what: 'leaves something out', stderr: '', exitCode: 0 },
  { what: 'writes no archive', stderr: '', exitCode: 0, stdout: 'nothing' },
])('a program that $what is not believed', async ({ stderr, exitCode, stdout }) => {
  const empty = Buffer.alloc(10_240);
  const files = filesOverCommands({
    ...thisHost,
    stream: (_file, _args, { onChunk }) => {
      onChunk(stdout === undefined ? empty : Buffer.from(stdout));
      return Promise.resolve({ exitCode, stderr });
    },
  });
  await expect(files.read('/x')).rejects.toMatchObject({ code: 'UNREADABLE' });
});
