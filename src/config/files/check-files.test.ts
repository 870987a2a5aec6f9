import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resolveConfig } from '../resolve/resolve-config.ts';
import type { ResolvedConfig } from '../resolved-config.ts';
import type { WorkspaceConfig } from '../workspace-config.ts';
import { checkFiles } from './check-files.ts';
import { readScript } from './read-script.ts';

let root = '';
let project = '';
beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'dewar files "x" -\n')));
  project = join(root, 'project');
  await put('project/data/file');
  await put('project/setup.sh', 'echo hi');
  await put('secret/id_rsa', 'SECRET');
});
afterEach(() => rm(root, { recursive: true }));

test('what is there is taken, by its real path', async () => {
  await symlink('secret', join(root, 'link'));
  const mounts = [
    { source: 'data', target: '~/data' },
    { source: '../link', target: '~/s' },
    { tmpfs: true as const, target: '~/t' },
  ];
  const config = await checkFiles(resolve({ mounts, scripts: ['setup.sh', { run: 'true' }] }));
  expect(config.mounts.map((mount) => (mount.type === 'share' ? mount.source : mount.type))).toEqual([
    project,
    join(project, 'data'),
    join(root, 'secret'),
    'tmpfs',
  ]);
});

test('an optional share that is not there is left out', async () => {
  const mounts = [
    { source: '../nowhere', target: '~/n', optional: true },
    { source: 'data', target: '~/data', optional: true },
  ];
  const config = await checkFiles(resolve({ mounts }));
  expect(config.mounts.map(({ target }) => target)).toEqual(['~/workspace', '~/data']);
});

describe('what is missing is an error', () => {
  test.each<[string, WorkspaceConfig, string, string]>([
    [
      'no source',
      { mounts: [{ source: 'nowhere', target: '~/x' }] },
      'MOUNT_SOURCE_MISSING',
      'nowhere of the mount ~/x (user) is not there',
    ],
    [
      'a file',
      { mounts: [{ source: 'setup.sh', target: '~/x' }] },
      'MOUNT_SOURCE_MISSING',
      'is no directory',
    ],
    [
      'an optional file',
      { mounts: [{ source: 'setup.sh', target: '~/x', optional: true }] },
      'MOUNT_SOURCE_MISSING',
      'is no directory',
    ],
    [
      'no script',
      { scripts: ['nowhere.sh'] },
      'SCRIPT_MISSING',
      'the script "nowhere.sh" (user) cannot be read',
    ],
    ['a directory as a script', { scripts: ['data'] }, 'SCRIPT_MISSING', 'it is no regular file'],
    [
      'a script of a name with a line break',
      { scripts: ['a\nb'] },
      'SCRIPT_MISSING',
      String.raw`the script "a\nb"`,
    ],
  ])('%s', async (_, config, code, message) => {
    await expect(checkFiles(resolve(config))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });

  test('a FIFO as a script is not waited for', async () => {
    execFileSync('mkfifo', [join(project, 'fifo')]);
    await expect(checkFiles(resolve({ scripts: ['fifo'] }))).rejects.toMatchObject({
      code: 'SCRIPT_MISSING',
    });
  });

  test('a script of more than 1 MiB', async () => {
    await put('project/big.sh', 'x'.repeat(1_048_577));
    await expect(checkFiles(resolve({ scripts: ['big.sh'] }))).rejects.toThrow('it is larger than 1 MiB');
  });
});

describe('links that a guest may have made', () => {
  beforeEach(async () => {
    await symlink('../secret', join(project, 'out'));
    await symlink('../secret/id_rsa', join(project, 'out.sh'));
    await symlink('data', join(project, 'in'));
    await symlink('setup.sh', join(project, 'in.sh'));
  });

  test.each<[string, WorkspaceConfig]>([
    ['a source', { mounts: [{ source: 'out', target: '~/x' }] }],
    ['an absolute source', { mounts: [{ source: '@project/out', target: '~/x' }] }],
    ['a read-only source', { mounts: [{ source: 'out', target: '~/x', readonly: true }] }],
    ['a script', { scripts: ['out.sh'] }],
    ['a script below', { scripts: ['out/id_rsa'] }],
    ['in another share', { mounts: [{ source: '../other', target: '~/o' }], scripts: ['../other/out.sh'] }],
  ])('may not lead out of the share: %s', async (_, config) => {
    await mkdir(join(root, 'other'));
    await symlink('../secret/id_rsa', join(root, 'other/out.sh'));
    await expect(checkFiles(resolve(config))).rejects.toMatchObject({
      code: 'LINK_LEAVES_SHARE',
      mend: expect.stringContaining(join(root, 'secret')),
    });
  });

  test('may lead to another place in it', async () => {
    const config = await checkFiles(
      resolve({ mounts: [{ source: 'in', target: '~/x' }], scripts: ['in.sh'] }),
    );
    expect(config.mounts).toContainEqual(expect.objectContaining({ source: join(project, 'data') }));
  });

  test("are nobody else's where the guest cannot write", async () => {
    const mounts = [{ source: '.', target: '~/workspace', readonly: true }];
    const config = await checkFiles(resolve({ mounts, scripts: ['out.sh'] }));
    expect(config.scripts).toHaveLength(1);
  });

  test('what is read is what was checked', async () => {
    const config = resolve({ scripts: ['setup.sh', 'out.sh', { run: 'true' }] });
    const [setup, out, text] = config.scripts;
    expect(String(await readScript(setup!, config))).toBe('echo hi');
    expect(String(await readScript(text!, config))).toBe('true');
    await expect(readScript(out!, config)).rejects.toMatchObject({ code: 'LINK_LEAVES_SHARE' });
  });
});

function resolve(config: WorkspaceConfig): ResolvedConfig {
  const mounts = config.mounts?.map((mount) =>
    'source' in mount ? { ...mount, source: mount.source.replace('@project', project) } : mount,
  );
  return resolveConfig({
    file: join(project, 'dewar.config.ts'),
    config: { ...config, ...(mounts === undefined ? {} : { mounts }) },
    plugins: [],
    codeFiles: [],
    host: { cpus: 1, memoryMB: 4096, home: root },
  });
}

async function put(path: string, text = ''): Promise<void> {
  const at = join(root, path);
  await mkdir(dirname(at), { recursive: true });
  await writeFile(at, text);
}
