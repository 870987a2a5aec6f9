import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importsOf, readRcFiles } from './rc-files.ts';

let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'dewar-rc-'));
  await writeFile(join(home, '.bazelrc'), 'common --home\n');
  await writeFile(join(home, 'extra.rc'), 'import %workspace%/tools/shared.rc\n');
});

afterAll(() => rm(home, { recursive: true }));

describe('readRcFiles', () => {
  const files: Record<string, string> = {
    '.bazelrc': 'build --a\nimport %workspace%/tools/shared.rc\ntry-import %workspace%/user.rc\n',
    'tools/shared.rc': 'try-import %workspace%/.bazelrc\nimport "%workspace%/tools/with space.rc"\n',
    'tools/with space.rc': 'common --b\n',
  };

  it('reads what Bazel would, imports once each, and notes what is missing', async () => {
    expect(await paths([])).toEqual([
      '%workspace%/.bazelrc',
      '%workspace%/tools/shared.rc',
      '%workspace%/tools/with space.rc',
      '%workspace%/user.rc (absent)',
      join(home, '.bazelrc'),
    ]);
  });

  it.each([
    [['--nohome_rc'], 4],
    [['--noworkspace_rc'], 1],
    [['--noworkspace_rc', '--nohome_rc'], 0],
    [['--noworkspace_rc', '--nohome_rc', '--home_rc'], 1],
    [['--ignore_all_rc_files', '--bazelrc=/etc/hostname'], 0],
  ])('heeds %j', async (options, count) => {
    expect(await paths(options)).toHaveLength(count);
  });

  it('follows --bazelrc, its imports, and stops at /dev/null', async () => {
    const only = ['--noworkspace_rc', '--nohome_rc'];
    const extra = join(home, 'extra.rc');
    const all = await paths([...only, '--bazelrc', extra, '--bazelrc=/dev/null', '--bazelrc=never.rc']);
    expect(all.slice(0, 2)).toEqual([extra, '%workspace%/tools/shared.rc']);
    expect(all.join()).not.toContain('never');
  });

  async function paths(startupOptions: readonly string[]): Promise<string[]> {
    const found = await readRcFiles({
      read: (path) => Promise.resolve(files[path] === undefined ? undefined : Buffer.from(files[path])),
      startupOptions: ['--nosystem_rc', ...startupOptions],
      env: { HOME: home },
    });
    return found.map(({ path, content }) => (content === undefined ? `${path} (absent)` : path));
  }
});

describe('importsOf', () => {
  it.each([
    ['import a.rc', ['a.rc']],
    ['  try-import\t%workspace%/b # why', ['%workspace%/b']],
    ['import \\\n  c.rc', ['c.rc']],
    ["import 'd e.rc'", ['d e.rc']],
    ['# import f.rc\nbuild --import=g', []],
  ])('%j', (text, expected) => {
    expect(importsOf(text)).toEqual(expected);
  });
});
