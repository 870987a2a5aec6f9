import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DewarError } from '../../core/errors.ts';
import { defineConfig } from '../define-config.ts';
import { loadCode } from './load-code.ts';
import type { LoadedCode } from './load-code.ts';

let root = '';
let directory = '';
let count = 0;
beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "dewar code 'x'\n")));
});
beforeEach(async () => {
  // Modules stay in memory: each test has its own.
  directory = join(root, String(count++));
  await mkdir(directory);
});
afterAll(() => rm(root, { recursive: true }));

describe('what is exported', () => {
  test.each<[string, string]>([
    [
      'dewar.config.ts',
      "import { defineConfig } from 'dewar';\nexport default defineConfig({ name: 'x' as string });",
    ],
    ['dewar.config.ts', "export default { name: 'x' } satisfies { name: string };"],
    ['dewar.config.ts', "enum N { X = 'x' }\nexport default (): { name: N } => ({ name: N.X });"],
    ['dewar.config.ts', "export default async () => { await null; return { name: 'x' }; };"],
    ['dewar.config.ts', "const name = await Promise.resolve('x');\nexport default { name };"],
    ['dewar.config.ts', "export default Promise.resolve({ name: 'x' });"],
    ['dewar.config.mts', "import { basename } from 'node:path';\nexport default { name: basename('/a/x') };"],
    [
      'dewar.config.mjs',
      "import { defineConfig } from 'dewar';\nexport default defineConfig({ name: 'x' });",
    ],
    ['dewar.config.js', "import { defineConfig } from 'dewar';\nexport default defineConfig({ name: 'x' });"],
    [
      'dewar.config.js',
      "const { defineConfig } = require('dewar');\nmodule.exports = defineConfig({ name: 'x' });",
    ],
    ['dewar.config.js', "module.exports = async () => ({ name: 'x' });"],
  ])('%s: %j', async (name, text) => {
    expect((await load(name, text)).raw).toEqual({ name: 'x' });
  });

  test('what it imports is found, and listed', async () => {
    await put('lib/a.ts', "import { b } from '../b';\nexport const a: string = b;");
    await put('b.mjs', "export const b = 'x';");
    await put('package.json', '{"type": "module"}');
    await put('node_modules/dep/index.js', 'module.exports = 1;');
    await put('c.js', 'export const c = 1;');
    const text =
      "import { a } from './lib/a.ts';\nimport './c.js';\nimport d from 'dep';\nexport default { a, d };";
    const { raw, imported } = await load('dewar.config.ts', text);
    expect(raw).toEqual({ a: 'x', d: 1 });
    expect(imported.map((path) => path.slice(directory.length)).toSorted()).toEqual(
      expect.arrayContaining(['/c.js', '/lib/a.ts']),
    );
    expect(imported.filter((path) => path.includes('node_modules'))).toEqual([]);
  });

  test('is read again when it is loaded again', async () => {
    await load('dewar.config.ts', 'export default { name: 1 };');
    expect((await load('dewar.config.ts', 'export default { name: 2 };')).raw).toEqual({ name: 2 });
  });

  test('leaves no file behind', async () => {
    const before = await readdir(tmpdir());
    await load('dewar.config.ts', "export default { name: 'x' };");
    await expect(load('dewar.config.ts', 'export default {;')).rejects.toThrow('valid');
    expect(await readdir(directory)).toEqual(['dewar.config.ts']);
    expect(
      (await readdir(tmpdir())).filter((name) => name.includes('jiti') && !before.includes(name)),
    ).toEqual([]);
  });
});

describe('what fails, with its place', () => {
  test.each<[string, string, string]>([
    ["\n\nthrow new TypeError('boo');", 'CONFIG_FAILED', ':3:7: the config threw TypeError: boo'],
    [
      "export default () => {\n  throw new Error('boo');\n};",
      'CONFIG_FAILED',
      ':2:9: the config threw Error: boo',
    ],
    [
      "export default async () => {\n  await null;\n  throw new Error('boo');\n};",
      'CONFIG_FAILED',
      ':3:9: the config threw Error: boo',
    ],
    [
      '\n\nundefined.x;',
      'CONFIG_FAILED',
      ':3:11: the config threw TypeError: Cannot read properties of undefined',
    ],
    ["throw 'text';", 'CONFIG_FAILED', ': the config threw "text"'],
    ['throw undefined;', 'CONFIG_FAILED', ': the config threw undefined'],
    ["\nimport x from './nowhere.ts';\nexport default { x };", 'CONFIG_FAILED', 'nowhere.ts'],
    [
      "import x from 'no-such-package';\nexport default { x };",
      'CONFIG_FAILED',
      "Cannot find module 'no-such-package'",
    ],
    [
      "\nexport default { name: 'x';",
      'BAD_CONFIG',
      ':2:26: it is no valid TypeScript or JavaScript: Unexpected token, expected ","',
    ],
    ['export default 1 +', 'BAD_CONFIG', 'it is no valid TypeScript or JavaScript'],
    ['export const name = 1;', 'BAD_CONFIG', ': it has no default export'],
    ['', 'BAD_CONFIG', ': it has no default export'],
    ['\nprocess.exit(0);', 'CONFIG_FAILED', ':2:9: the config called process.exit(0)'],
    ['export default () => process.exit();', 'CONFIG_FAILED', ': the config called process.exit()'],
    [
      'try { process.exit(7); } catch {}\nexport default {};',
      'CONFIG_FAILED',
      ': the config called process.exit(7)',
    ],
  ])('%j', async (text, code, message) => {
    await expect(load('dewar.config.ts', text)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });

  test('in a file that it imports', async () => {
    await put('lib.ts', "\nexport function f(): never {\n  throw new Error('boo');\n}");
    await expect(
      load('dewar.config.ts', "import { f } from './lib.ts';\nexport default f();"),
    ).rejects.toThrow(`${directory}/lib.ts:3:9: the config threw Error: boo`);
  });

  test('an error of dewar is as it is', async () => {
    const text =
      "import { DewarError } from 'dewar';\nthrow new DewarError({ code: 'MINE', message: 'm', mend: 'n' });";
    await expect(load('dewar.config.ts', text)).rejects.toMatchObject({ code: 'MINE', mend: 'n' });
  });

  test('no line of the text is in the error for its syntax', async () => {
    const text = "const token = 'hunter2'\nexport default { token;";
    const failure = inspect(await load('dewar.config.ts', text).catch((error: unknown) => error));
    expect(failure).toContain('it is no valid TypeScript');
    expect(failure).not.toContain('hunter2');
  });
});

describe('what does not end', () => {
  test.each([['await new Promise(() => {});'], ['export default () => new Promise(() => {});']])(
    '%j',
    async (text) => {
      const start = performance.now();
      await expect(load('dewar.config.ts', text, { deadlineMs: 300 })).rejects.toMatchObject({
        code: 'CONFIG_HANGS',
        message: expect.stringContaining('dewar.config.ts did not end within 0.3 s'),
      });
      expect(performance.now() - start).toBeLessThan(10_000);
    },
  );

  test('is given up when the user interrupts', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('by hand')), 50);
    const text = 'await new Promise(() => {});';
    await expect(load('dewar.config.ts', text, { signal: controller.signal })).rejects.toThrow('by hand');
  });
});

test('stdout, process.exit and the exit code are as before afterwards', async () => {
  const before = state();
  await load('dewar.config.ts', 'process.exitCode = 9;\nexport default {};');
  await expect(load('dewar.config.ts', 'process.exit(3);')).rejects.toThrow('process.exit(3)');
  expect(state()).toEqual(before);
});

function state(): unknown[] {
  return [
    process.exitCode,
    Object.getOwnPropertyDescriptor(process, 'exit'),
    Object.getOwnPropertyDescriptor(process.stdout, 'write'),
    process.listenerCount('beforeExit'),
  ];
}

async function load(
  name: string,
  text: string,
  { deadlineMs = 20_000, signal }: { deadlineMs?: number; signal?: AbortSignal } = {},
): Promise<LoadedCode> {
  const file = await put(name, text);
  return loadCode(text, file, {
    api: () => Promise.resolve({ defineConfig, DewarError }),
    deadlineMs,
    signal,
  });
}

async function put(path: string, text: string): Promise<string> {
  const at = join(directory, path);
  await mkdir(dirname(at), { recursive: true });
  await writeFile(at, text);
  return at;
}
