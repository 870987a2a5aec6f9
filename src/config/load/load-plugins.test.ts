import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Plugin } from '../workspace-config.ts';
import { loadPlugins } from './load-plugins.ts';
import type { LoadedPlugins } from './load-plugins.ts';

const NODE: Plugin = { name: 'node', packages: ['nodejs'] };
const BUILTINS = {
  names: ['node', 'scala-sbt'],
  find: (name: string) => Promise.resolve(name === 'node' ? NODE : undefined),
};

let root = '';
beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'dewar-plugins-')));
});
afterEach(() => rm(root, { recursive: true }));

test('built-in ones by name, modules by path, and objects, in this order', async () => {
  const module = await put('tools/p.ts', "export default { name: 'p', scripts: ['s.sh'] };");
  const data = await put('home/q.yaml', 'name: q\n');
  const inline: Plugin = { name: 'inline', hooks: { postUp: [() => undefined] } };
  const { plugins, files } = await load(['./tools/p.ts', 'node', inline, '~/q.yaml']);
  expect(plugins).toEqual([
    { plugin: { name: 'p', scripts: ['s.sh'] }, from: { type: 'module', path: module } },
    { plugin: NODE, from: { type: 'built-in' } },
    { plugin: inline, from: { type: 'inline' } },
    { plugin: { name: 'q' }, from: { type: 'module', path: data } },
  ]);
  expect(files).toEqual([module, data]);
});

describe('what is refused', () => {
  test.each<[string, (string | Plugin)[], string, string]>([
    [
      'a name of none',
      ['nod'],
      'NO_SUCH_PLUGIN',
      'there is no built-in plugin "nod"; there are: node, scala-sbt',
    ],
    ['a name that is listed and not found', ['scala-sbt'], 'NO_SUCH_PLUGIN', 'scala-sbt'],
    ['a property of objects', ['constructor'], 'NO_SUCH_PLUGIN', '"constructor"'],
    ['two of one name', ['node', NODE], 'BAD_CONFIG', 'plugins[1]: there are two plugins named node'],
    ['a path of nothing', ['./nowhere.ts'], 'UNREADABLE', 'nowhere.ts'],
    ['a directory', ['./'], 'BAD_CONFIG', 'is no regular file'],
    [
      'env in a module',
      ['./env.ts'],
      'BAD_CONFIG',
      "env.ts: the config: a plugin has no env: a secret enters by the user's own config alone",
    ],
    ['a module without a name', ['./nameless.ts'], 'BAD_CONFIG', 'nameless.ts: name is missing'],
    ['a module that throws', ['./throws.ts'], 'CONFIG_FAILED', 'throws.ts:2:7'],
  ])('%s', async (_, wanted, code, message) => {
    await put('env.ts', "export default { name: 'p', env: { A: 'x' } };");
    await put('nameless.ts', 'export default {};');
    await put('throws.ts', "\nthrow new Error('boo');");
    await expect(load(wanted)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });

  test('a slip of a name is told', async () => {
    await expect(load(['nod'])).rejects.toMatchObject({
      mend: expect.stringContaining('did you mean node?'),
    });
  });
});

function load(wanted: (string | Plugin)[]): Promise<LoadedPlugins> {
  const code = { api: () => Promise.resolve({}), deadlineMs: 20_000, signal: undefined };
  return loadPlugins(join(root, 'dewar.config.ts'), wanted, {
    builtins: BUILTINS,
    home: join(root, 'home'),
    code,
  });
}

async function put(path: string, text: string): Promise<string> {
  const at = join(root, path);
  await mkdir(dirname(at), { recursive: true });
  await writeFile(at, text);
  return at;
}
