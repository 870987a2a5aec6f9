import { mkdir, mkdtemp, readFile, readdir, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCommand } from '../../src/platform/run-command.ts';
import { DEWAR, errorOf } from '../support/image-cli.ts';

interface Outcome {
  exitCode: number;
  stdout: string;
  stderr: string;
}

let root = '';
beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'dewar config \'x\' "y"\n-')));
});
afterEach(() => rm(root, { recursive: true }));

describe('dewar config', () => {
  test('prints the merged config from a directory below, with where it came from', async () => {
    await put('dewar.config.ts', CONFIG);
    await put('tools/plugin.ts', PLUGIN);
    await put('tools/warm.sh', 'true');
    await mkdir(join(root, 'a/b'), { recursive: true });
    const { exitCode, stdout, stderr } = await dewar(['config', '--origin'], { cwd: 'a/b' });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: 'loading\n' });
    expect(stdout).toMatch(/^ {2}- jq +# plugin mine$/m);
    expect(stdout).toMatch(/^ {2}- g\+\+ +# user$/m);
    expect(stdout).toMatch(/^ {2}mode: filtered +# default$/m);
    expect(stdout).toMatch(/^ {2}TOKEN: fromEnv\(GITHUB_TOKEN\) +# user$/m);
    expect(stdout).not.toContain('hunter2');
  });

  test('--json is JSON, whatever the config prints', async () => {
    await put('dewar.config.ts', CONFIG);
    await put('tools/plugin.ts', PLUGIN);
    await put('tools/warm.sh', 'true');
    const { stdout } = await dewar(['config', '--json', '-C', root], { cwd: '/' });
    expect(JSON.parse(stdout)).toMatchObject({
      name: 'app',
      directory: root,
      packages: ['jq', 'g++'],
      env: { TOKEN: 'fromEnv(GITHUB_TOKEN)', KEY: '(secret)' },
      scripts: [{ name: 'warm.sh', path: join(root, 'tools/warm.sh'), origin: 'plugin mine' }],
      code_files: [join(root, 'dewar.config.ts'), join(root, 'tools/plugin.ts')],
    });
    expect(stdout).not.toContain('hunter2');
  });

  test.each([
    ['json', '{"name": "app", "network": {"domains": ["a.org"]}}'],
    ['yaml', 'name: app\nnetwork:\n  domains: [a.org]\n'],
    ['js', "module.exports = { name: 'app', network: { domains: ['a.org'] } };"],
    ['mjs', "export default { name: 'app', network: { domains: ['a.org'] } };"],
  ])('reads dewar.config.%s', async (extension, text) => {
    await put(`dewar.config.${extension}`, text);
    const { stdout } = await dewar(['config', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ name: 'app', network: { domains: ['a.org'] } });
  });

  test('reads one that is a link', async () => {
    await put('real/c.ts', "import { name } from './name.ts';\nexport default { name };");
    await put('real/name.ts', "export const name = 'linked';");
    await mkdir(join(root, 'w'));
    await symlink('../real/c.ts', join(root, 'w/dewar.config.ts'));
    const { stdout, stderr } = await dewar(['config', '--json'], { cwd: 'w' });
    expect({ stderr, ...(JSON.parse(stdout) as object) }).toMatchObject({
      stderr: '',
      name: 'linked',
      directory: join(root, 'w'),
    });
  });

  test('--schema needs no config', async () => {
    const { stdout } = await dewar(['config', '--schema']);
    expect(JSON.parse(stdout)).toMatchObject({ title: 'A workspace of dewar', additionalProperties: false });
  });

  test.each([
    ['no config', 'README.md', '', 'NO_CONFIG'],
    ['unknown keys', 'dewar.config.ts', "export default { nmae: 'x' };", 'BAD_CONFIG'],
    ['a throw', 'dewar.config.ts', "throw new Error('boo');", 'CONFIG_FAILED'],
    ['process.exit', 'dewar.config.ts', 'process.exit(0);', 'CONFIG_FAILED'],
    ['an await of nothing', 'dewar.config.ts', 'await new Promise(() => {});', 'CONFIG_HANGS'],
    [
      'a function that awaits nothing',
      'dewar.config.ts',
      'export default () => new Promise(() => {});',
      'CONFIG_HANGS',
    ],
    ['a driver of another name', 'dewar.config.json', '{"driver": "qmeu"}', 'BAD_CONFIG'],
    ['a plugin of another name', 'dewar.config.json', '{"plugins": ["nothing-like-it"]}', 'NO_SUCH_PLUGIN'],
    [
      'a source that is missing',
      'dewar.config.json',
      '{"mounts": [{"source": "x", "target": "~/x"}]}',
      'MOUNT_SOURCE_MISSING',
    ],
    ['a script that is missing', 'dewar.config.json', '{"scripts": ["-rf"]}', 'SCRIPT_MISSING'],
    ['no text', 'dewar.config.json', Buffer.from([0xff, 0xfe]), 'BAD_CONFIG'],
  ])('%s', async (_, name, text, code) => {
    await put(name, text);
    const outcome = await dewar(['config', '--json']);
    expect(outcome).toMatchObject({ exitCode: 1, stdout: '' });
    expect(errorOf(outcome)).toMatchObject({ code, message: expect.stringContaining(root) });
  });

  test('a config in the tree of another workspace does not run unless it is named', async () => {
    await put('dewar.config.json', '{}');
    await put(
      'inner/dewar.config.ts',
      "import { writeFileSync } from 'node:fs';\nwriteFileSync('ran', '');\nexport default {};",
    );
    const refused = await dewar(['config', '--json'], { cwd: 'inner' });
    expect(errorOf(refused)).toMatchObject({ code: 'NESTED_CONFIG' });
    expect(await readdir(join(root, 'inner'))).toEqual(['dewar.config.ts']);
    expect(await dewar(['config', '-C', '.'], { cwd: 'inner' })).toMatchObject({ exitCode: 0 });
    expect(await readdir(join(root, 'inner'))).toEqual(['dewar.config.ts', 'ran']);
  });

  test('what a config starts and does not end does not keep the program', async () => {
    await put('dewar.config.ts', 'setInterval(() => undefined, 1000);\nexport default {};');
    expect(await dewar(['config'], { deadlineMs: 20_000 })).toMatchObject({ exitCode: 0 });
  });

  test('a loop without end is ended after half a minute, with its place', async () => {
    await put('dewar.config.ts', "import 'dewar';\n\nwhile (true) {}\nexport default {};");
    await put('other/dewar.config.mjs', 'export default async () => {\n  await null;\n  for (;;);\n};');
    const [top, inner] = await Promise.all([
      dewar(['config'], { deadlineMs: 120_000 }),
      dewar(['config', '-C', 'other'], { deadlineMs: 120_000 }),
    ]);
    for (const [outcome, place] of [
      [top, 'dewar.config.ts:3:'],
      [inner, 'other/dewar.config.mjs:3:'],
    ] as const) {
      expect(outcome).toMatchObject({ exitCode: 1, stdout: '' });
      expect(outcome.stderr).toContain('error CONFIG_HANGS: ');
      expect(outcome.stderr).toContain(place);
      expect(outcome.stderr).toContain('did not end within 30 s');
      expect(outcome.stderr).not.toContain('debugger');
    }
  });
});

describe('dewar init', () => {
  test.each(['ts', 'js', 'json', 'yaml'])(
    '--format %s writes a config that loads as it is',
    async (format) => {
      await mkdir(join(root, 'My App'));
      const { exitCode, stdout, stderr } = await dewar(['init', '--format', format], { cwd: 'My App' });
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(stdout).toContain(`wrote ${join(root, 'My App', `dewar.config.${format}`)}`);
      expect(stdout).toContain('next: ');
      const config = await dewar(['config', '--json'], { cwd: 'My App' });
      expect(JSON.parse(config.stdout)).toMatchObject({
        name: 'my-app',
        mounts: [{ target: '~/workspace' }],
      });
    },
  );

  test('adds .dewar/ to .gitignore in a git repository, once', async () => {
    await runCommand('git', ['init', '-q', root]);
    await put('.gitignore', 'a\r\nb');
    const first = await dewar(['init', '--json', '--name', 'x']);
    expect(JSON.parse(first.stdout)).toEqual({
      file: join(root, 'dewar.config.ts'),
      plugins: [],
      ignored_in: join(root, '.gitignore'),
      within: null,
    });
    await dewar(['init', '--force']);
    expect(await readFile(join(root, '.gitignore'), 'utf8')).toBe('a\r\nb\r\n.dewar/\r\n');
    const status = await runCommand('git', ['-C', root, 'status', '--porcelain', '-uall']);
    expect(String(status.stdout).trim().split('\n').toSorted()).toEqual([
      '?? .gitignore',
      '?? dewar.config.ts',
    ]);
  });

  test("makes no .gitignore elsewhere; the directory of the state is this user's alone", async () => {
    await dewar(['init']);
    expect((await readdir(root)).toSorted()).toEqual(['.dewar', 'dewar.config.ts']);
    expect((await stat(join(root, '.dewar'))).mode & 0o777).toBe(0o700);
    expect(await readFile(join(root, '.dewar/.gitignore'), 'utf8')).toBe('*\n');
  });

  test('replaces nothing without --force', async () => {
    await put('dewar.config.yaml', 'name: mine\n');
    const refused = await dewar(['init', '--json']);
    expect(refused).toMatchObject({ exitCode: 1 });
    expect(errorOf(refused)).toMatchObject({
      code: 'CONFIG_EXISTS',
      mend: expect.stringContaining('--force'),
    });
    expect(await readdir(root)).toEqual(['dewar.config.yaml']);
    expect(await dewar(['init', '--force'])).toMatchObject({ exitCode: 0 });
    expect((await readdir(root)).toSorted()).toEqual(['.dewar', 'dewar.config.ts']);
  });

  test.each([
    [['--name', '-x'], 'USAGE'],
    [['--name', 'A B'], 'USAGE'],
    [['--plugin', 'nothing-like-it'], 'NO_SUCH_PLUGIN'],
    [['-C', 'nowhere'], 'NO_CONFIG'],
    [['--format', 'toml'], 'USAGE'],
  ])('%j', async (args, code) => {
    const outcome = await dewar(['init', '--json', ...args]);
    expect(errorOf(outcome)).toMatchObject({ code });
    expect(await readdir(root)).toEqual([]);
  });

  test('a .dewar that is a link is refused', async () => {
    await mkdir(join(root, 'w'));
    await symlink('/tmp', join(root, 'w/.dewar'));
    const outcome = await dewar(['init', '--json'], { cwd: 'w' });
    expect(errorOf(outcome)).toMatchObject({ code: 'STATE_DIRECTORY' });
    expect(await readdir(join(root, 'w'))).toEqual(['.dewar']);
  });

  test('in the tree of another workspace it says how to name it', async () => {
    await put('dewar.config.json', '{}');
    await mkdir(join(root, 'inner'));
    const { exitCode, stderr } = await dewar(['init'], { cwd: 'inner' });
    expect(exitCode).toBe(0);
    expect(stderr).toContain(`-C ${join(root, 'inner')}`);
  });

  test('editors get the types without a package dewar: a wrong field is an error of TypeScript', async () => {
    await dewar(['init']);
    expect(await tsc()).toMatchObject({ exitCode: 0 });
    const text = await readFile(join(root, 'dewar.config.ts'), 'utf8');
    await put('dewar.config.ts', text.replace('name:', 'nmae:'));
    const { exitCode, stdout } = await tsc();
    expect(exitCode).not.toBe(0);
    expect(stdout).toContain("'nmae' does not exist in type");
  });
});

const CONFIG = `import { defineConfig, fromEnv } from 'dewar';
console.log('loading');
export default defineConfig({
  name: 'app',
  plugins: ['./tools/plugin.ts'],
  packages: ['g++'],
  env: { TOKEN: fromEnv('GITHUB_TOKEN'), KEY: 'hunter2' },
});
`;
const PLUGIN = `import { definePlugin } from 'dewar';
export default definePlugin({ name: 'mine', packages: ['jq'], scripts: ['warm.sh'] });
`;

async function dewar(
  argv: readonly string[],
  { cwd = '', deadlineMs = 60_000 }: { cwd?: string; deadlineMs?: number } = {},
): Promise<Outcome> {
  const { PATH = '' } = process.env;
  const env = { PATH, HOME: root, GITHUB_TOKEN: 'hunter2' };
  const { stdout, ...rest } = await runCommand(process.execPath, [DEWAR, ...argv], {
    cwd: cwd.startsWith('/') ? cwd : join(root, cwd),
    env,
    deadlineMs,
  });
  return { ...rest, stdout: stdout.toString() };
}

/** The compiler that this project has, without any package in reach of the config. */
async function tsc(): Promise<Outcome> {
  const program = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));
  const args = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', 'dewar.config.ts'];
  const { stdout, ...rest } = await runCommand(process.execPath, [program, ...args], { cwd: root });
  return { ...rest, stdout: stdout.toString() };
}

async function put(path: string, content: string | Buffer): Promise<void> {
  const at = join(root, path);
  await mkdir(dirname(at), { recursive: true });
  await writeFile(at, content);
}
