import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { runCommand } from '../../src/platform/run-command.ts';
import { loadScript, ROOT, scriptUrl } from './load-script.ts';

let temp: string;

beforeEach(async () => {
  temp = await mkdtemp(join(tmpdir(), 'dewar-npm-test-'));
});

afterEach(async () => {
  await rm(temp, { recursive: true });
});

describe('npm test', () => {
  const GOOD = 'export const x: number = 1;';
  const TEST = "import { test, expect } from 'vitest';\n";

  test('counts tests that passed, failed and were skipped', async () => {
    const run = await runFixture({
      'a.test.ts': `${TEST}test('a', () => {}); test('b', () => { expect(1).toBe(2); }); test.skipIf(true)('c', () => {}); test.todo('d');`,
      'b.test.ts': `${TEST}test('e', () => {});`,
    });
    expect(run.counts).toEqual({ passed: 2, failed: 1, skipped: 2, problems: [] });
  });

  test('counts a suite that cannot be loaded as a failure', async () => {
    const run = await runFixture({
      'a.test.ts': `import './gone.ts'; ${TEST}test('a', () => {});`,
      'b.test.ts': `${TEST}test('e', () => {});`,
    });
    expect(run.counts).toMatchObject({ passed: 1, failed: 1, skipped: 0 });
    expect(run.output).toContain('a.test.ts');
  });

  test('counts a failing hook as a failure', async () => {
    const hook = "import { afterAll } from 'vitest'; afterAll(() => { throw new Error('after'); });\n";
    const run = await runFixture({ 'a.test.ts': `${TEST}${hook}test('a', () => {});` });
    expect(run.counts).toMatchObject({ passed: 1, failed: 1 });
  });

  test('counts an error outside of every test as a failure', async () => {
    const late = "void Promise.reject(new Error('stray'));\n";
    const run = await runFixture({ 'a.test.ts': `${TEST}${late}test('a', () => {});` });
    expect(run.counts).toMatchObject({ passed: 1, failed: 1 });
  });

  test('a run without any test fails', async () => {
    const run = await runFixture({ 'a.ts': GOOD });
    expect(run.counts).toMatchObject({ passed: 0, failed: 1, skipped: 0, problems: ['no test was found'] });
  });

  test('a run that leaves no report fails', async () => {
    const run = await runFixture({ 'vitest.config.ts': 'process.exit(3);' });
    const problems = ['vitest ended with 3 and left no report'];
    expect(run.counts).toEqual({ passed: 0, failed: 1, skipped: 0, problems });
  });

  test('tests have directories of their own, which are gone afterwards', async () => {
    const code = "import { writeFileSync } from 'node:fs'; import { tmpdir, homedir } from 'node:os';\n";
    const write =
      "writeFileSync(`${homedir()}/f`, ''); writeFileSync(`${tmpdir()}/f`, ''); console.log(`IN ${tmpdir()} ${homedir()}`);";
    const run = await runFixture({ 'a.test.ts': `${TEST}${code}test('a', () => { ${write} });` });
    const [, tmp = '', home = ''] = /IN (\S+) (\S+)/.exec(run.output) ?? [];
    expect(tmp.startsWith(temp) && home.startsWith(temp)).toBe(true);
    expect((await runCommand('ls', [temp])).stdout.toString()).toBe('project\n');
  });

  test('prints the sum in the form that is asked for', async () => {
    const { sumCounts, summaryLine } = await loadScript<Counts>('test/counts.mjs');
    const sum = sumCounts([
      { passed: 6, failed: 0, skipped: 0 },
      { passed: 2, failed: 1, skipped: 3 },
    ]);
    expect(summaryLine(sum)).toBe('8 passed, 1 failed, 3 skipped');
  });

  test('ends only the servers whose output base lies in its directory', async () => {
    const own = standIn(`${temp}/ours/base`);
    const other = standIn(`${temp}/ours-not/base`);
    await Promise.all(
      [own, other].map(({ child }) => new Promise((resolve) => child.once('spawn', resolve))),
    );
    const { endServersBelow } = await loadScript<{ endServersBelow: (root: string) => Promise<number> }>(
      'test/leftover-servers.mjs',
    );
    expect(await endServersBelow(`${temp}/ours`)).toBe(1);
    expect(await own.ended).toBe('SIGTERM');
    expect(other.child.exitCode ?? other.child.signalCode).toBeNull();
  });

  test('names the suites when one is asked for that it does not know', async () => {
    const result = await runCommand(process.execPath, [join(ROOT, 'scripts/test.mjs'), '--only', 'all'], {
      cwd: temp,
    });
    expect(result.stderr).toBe(
      'set-up: --only takes one of lint, unit, contract, conformance, e2e, kvm, tools, not all\n',
    );
    expect(result.exitCode).toBe(1);
  });
});

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

interface Counts {
  sumCounts: (all: Count[]) => Count;
  summaryLine: (counts: Count) => string;
}

/** A process with the argument by which a Bazel server is known. */
function standIn(base: string): { child: ChildProcess; ended: Promise<unknown> } {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)', '--', `--output_base=${base}`]);
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, ended: new Promise((resolve) => child.once('exit', (_code, signal) => resolve(signal))) };
}

/** Runs the project's own vitest, as `npm test` does, on a small project. */
async function runFixture(files: Record<string, string>): Promise<{ counts: unknown; output: string }> {
  const root = join(temp, 'project');
  await mkdir(root);
  await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(root, name), text);
  const code = `const { runVitest } = await import(process.argv[1]);
    console.log(JSON.stringify(await runVitest([], { root: process.argv[2] })));`;
  const module = scriptUrl('test/run-vitest.mjs');
  const inherited = Object.entries(process.env).filter(([name]) => !/VITEST|^TEST$|NODE_ENV/.test(name));
  const env = { ...(Object.fromEntries(inherited) as Record<string, string>), TMPDIR: temp };
  const result = await runCommand(process.execPath, ['--input-type=module', '-e', code, module, root], {
    env,
  });
  const output = result.stdout.toString();
  return { counts: JSON.parse(output.trimEnd().split('\n').at(-1) ?? ''), output };
}
