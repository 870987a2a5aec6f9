import { mkdtemp, readFile, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stopServersBelow } from '../../src/bench/lab/stop-servers.ts';
import type { GeneratedProject } from '../../src/bench/generate/generate-project.ts';
import type { BenchReport } from '../../src/bench/report/bench-report.ts';
import { runCommand } from '../../src/platform/run-command.ts';
import type { CommandResult } from '../../src/platform/run-command.ts';
import { bazel as bazel7 } from '../support/bazel.ts';
import { processesNaming } from '../support/processes-naming.ts';

const DEWAR = fileURLToPath(new URL('../../dist/dewar.js', import.meta.url));

let scratch = '';
beforeAll(async () => {
  scratch = await realpath(await mkdtemp(join(tmpdir(), 'dewar-bench-')));
});
afterAll(async () => {
  await stopServersBelow(scratch);
  await rm(scratch, { recursive: true, force: true });
});

describe('bench generate', () => {
  let project: GeneratedProject;
  let base: Graph;
  beforeAll(async () => {
    const sizes = ['--packages', '30', '--targets-per-package', '11', '--layers', '3', '--seed', '5'];
    const made = await dewar('bench', 'generate', ...sizes, '--out', join(scratch, 'project'));
    project = JSON.parse(made.stdout.toString()) as GeneratedProject;
    base = await graphOf(project.base_sha);
  });

  test('loads in Bazel without an error, with as many targets as it says', () => {
    expect(project).toMatchObject({ packages: 30, targets_per_package: 11, layers: 3, seed: 5 });
    expect(Object.keys(project.commits)).toEqual(['source', 'build', 'bzl', 'added', 'removed', 'module']);
    expect(base.labels.size).toBe(project.targets);
  });

  test('source: the graph stays, the content of one of its files changes', async () => {
    const [path = ''] = await changedPaths(project.commits.source);
    expect(base.labels).toContain(`//${path.replace(/^(.*?\/.*?)\//, '$1:')}`);
    expect(await graphOf(project.commits.source)).toEqual(base);
  });

  test('build: one attribute of one rule changes, and other packages depend on that rule', async () => {
    const graph = await graphOf(project.commits.build);
    const [path = ''] = await changedPaths(project.commits.build);
    const changed = changedRules(base, graph);
    expect(changed).toEqual([`//${path.replace('/BUILD.bazel', '')}:lib_0`]);
    const cone = await query(`rdeps(//...:all-targets, ${changed[0]})`);
    expect(new Set(cone.map((label) => label.split(':')[0])).size).toBeGreaterThan(1);
  });

  test('bzl: rules of some packages change, in every package that loads it and in no other', async () => {
    const graph = await graphOf(project.commits.bzl);
    const [path = ''] = await changedPaths(project.commits.bzl);
    const packages = new Set(changedRules(base, graph).map((label) => label.split(':')[0]));
    expect(path).toMatch(/^build\/defs\/group_\d\.bzl$/);
    const loading = await git('grep', '-l', path.replace('build/defs/', '//build/defs:'), '--', 'layer*');
    expect(packages).toEqual(new Set(loading.map((file) => `//${file.replace('/BUILD.bazel', '')}`)));
    expect(packages.size).toBeLessThan(project.packages);
  });

  test('added and removed: a glob sees one file more, and one less', async () => {
    const added = await graphOf(project.commits.added);
    expect(without(added.labels, base.labels)).toEqual([expect.stringMatching(/:data\/c\.txt$/) as string]);
    expect(changedRules(base, added)).toEqual([expect.stringMatching(/:data$/) as string]);
    const removed = await graphOf(project.commits.removed);
    expect(without(base.labels, removed.labels)).toEqual([expect.stringMatching(/:data\/b\.txt$/) as string]);
    expect(changedRules(base, removed)).toEqual([expect.stringMatching(/:data$/) as string]);
  });

  test('module: MODULE.bazel names another module, and the rules that use its value change', async () => {
    expect(await changedPaths(project.commits.module)).toContain('MODULE.bazel');
    const changed = changedRules(base, await graphOf(project.commits.module));
    expect(changed).toHaveLength(3);
    expect(changed.every((label) => label.endsWith('0:lib_0'))).toBe(true);
  });

  test('refuses sizes and directories that make no sense', async () => {
    const full = await dewar('bench', 'generate', '--packages', '2', '--out', project.out);
    expect(full).toMatchObject({ exitCode: 1 });
    expect(full.stderr).toContain('error BENCH_OUT_NOT_EMPTY');
    const layers = await dewar('bench', 'generate', '--packages', '2', '--layers', '3', '--out', 'new');
    expect(layers.stderr).toContain('error BENCH_BAD_SIZE');
    const inFile = join(scratch, 'file');
    await writeFile(inFile, '');
    const below = await dewar('bench', 'generate', '--out', join(inFile, 'x'));
    expect(below.stderr).toContain('error BENCH_OUT_UNUSABLE');
  });

  /** What Bazel makes of a commit: its labels, and each rule as it is after macros. */
  async function graphOf(commit: string): Promise<Graph> {
    await git('checkout', '--quiet', '--detach', commit);
    const rules = (await bazel(project.out, '--output=build', '//...:all')).split(/^(?=# )/m);
    const byLabel = new Map<string, string>();
    for (const text of rules) {
      const [, path = '', name = ''] =
        /^# \S*?(layer\d+\/pkg\d+)\/BUILD\S*\n[^]*?name = "([^"]+)"/.exec(text) ?? [];
      if (path !== '') byLabel.set(`//${path}:${name}`, withoutLocations(text));
    }
    return { labels: new Set(await query('//...:all-targets')), rules: byLabel };
  }

  async function query(expression: string): Promise<string[]> {
    return (await bazel(project.out, '--output=label', expression)).trim().split('\n');
  }

  async function changedPaths(commit: string): Promise<string[]> {
    return git('diff', '--name-only', project.base_sha, commit);
  }

  async function git(...args: string[]): Promise<string[]> {
    const result = await runCommand('git', args, { cwd: project.out });
    expect(result.exitCode).toBe(0);
    return result.stdout.toString().trim().split('\n');
  }
});

describe('bench run', () => {
  test.each([
    [
      ['--sizes', '60', '--bazel', '/nonexistent/bazel'],
      'error BAZEL_NOT_FOUND: Bazel was not found: /nonexistent/bazel',
    ],
    [['--sizes', '60,many'], 'error USAGE: --sizes takes whole numbers, not "many"'],
    [['--sizes', '60', '--targets', '60'], 'error USAGE: give --sizes or --targets, not both'],
    [['--targets', '3'], 'error BENCH_BAD_SIZE: no such project: 3 targets'],
  ])('%j is refused', async (args, message) => {
    const run = await dewar('bench', 'run', ...args);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain(message);
  });

  test('measures, checks every answer, writes both reports, and leaves nothing else', async () => {
    const temporary = await mkdtemp(join(scratch, 'tmp-'));
    const args = ['--only', 'projects', '--targets', '60', '--rounds', '1', '--bazel', bazel7()];
    const run = await dewarIn(temporary, {}, 'bench', 'run', ...args, '--out', join(scratch, 'reports'));
    // One text, so that a failure shows all that the program said.
    expect(`exit code ${run.exitCode}\n${run.stderr}`).toMatch(/^exit code 0\n/);
    const stdout = run.stdout.toString();
    expect(stdout).toContain('Every warm answer is equal');
    const files = (await readdir(join(scratch, 'reports'))).toSorted();
    expect(files).toEqual([
      expect.stringMatching(/\.html$/) as string,
      expect.stringMatching(/\.json$/) as string,
    ]);
    const report = JSON.parse(
      await readFile(join(scratch, 'reports', files[1] ?? ''), 'utf8'),
    ) as BenchReport;
    expect(report).toMatchObject({ format: 'dewar-bench-1', equal: true, rounds: 1 });
    expect(report.sizes.map(({ targets }) => targets)).toEqual([62]);
    const commits = report.sizes.flatMap((size) => size.commits);
    expect(commits.map(({ kind }) => kind)).toEqual([
      'source',
      'build',
      'bzl',
      'added',
      'removed',
      'module',
      'sources',
    ]);
    expect(commits.filter(({ equal, impacted }) => !equal || impacted === 0)).toEqual([]);
    expect(report.sizes[0]?.generate_hashes_peak_mib).toBeGreaterThan(30);
    const page = await readFile(join(scratch, 'reports', files[0] ?? ''), 'utf8');
    expect(page).toContain('<svg');
    expect(page).toContain(report.machine.kernel);
    expect(await readdir(temporary)).toEqual([]);
    expect(await processesNaming(temporary)).toEqual([]);
  });

  test('where there is no QEMU, says so in both reports and is a success', async () => {
    const temporary = await mkdtemp(join(scratch, 'tmp-'));
    const out = join(scratch, 'without');
    const args = ['--only', 'machines', '--rounds', '1', '--bazel', bazel7(), '--out', out];
    const env = { DEWAR_QEMU: '/nonexistent/qemu', DEWAR_CACHE_DIR: join(scratch, 'no-images') };
    const run = await dewarIn(temporary, env, 'bench', 'run', ...args);
    expect(`exit code ${run.exitCode}\n${run.stderr}`).toMatch(/^exit code 0\n/);
    expect(run.stdout.toString()).toMatch(/^machines: not measured: .*\/nonexistent\/qemu/);
    const [page = '', json = ''] = (await readdir(out)).toSorted();
    const report = JSON.parse(await readFile(join(out, json), 'utf8')) as BenchReport;
    expect(report).toMatchObject({ sizes: [], equal: true, machines: { why: expect.any(String) as string } });
    expect(await readFile(join(out, page), 'utf8')).toContain('Not measured: ');
    expect(await readdir(temporary)).toEqual([]);
  });
});

interface Graph {
  labels: Set<string>;
  rules: Map<string, string>;
}

function without(labels: Set<string>, others: Set<string>): string[] {
  return [...labels].filter((label) => !others.has(label));
}

function changedRules(before: Graph, after: Graph): string[] {
  return [...after.rules].filter(([label, text]) => before.rules.get(label) !== text).map(([label]) => label);
}

/** Comments and generator locations, whose line numbers say nothing. */
function withoutLocations(rule: string): string {
  return rule.replace(/^#.*$|^ *generator_location.*$/gm, '').trim();
}

async function bazel(workspace: string, ...args: string[]): Promise<string> {
  const startup = `--output_base=${join(scratch, 'server')}`;
  const result = await runCommand(bazel7(), [startup, 'query', ...args], { cwd: workspace });
  expect({ ...result, stdout: '' }).toMatchObject({
    exitCode: 0,
    stderr: expect.not.stringContaining('ERROR') as string,
  });
  return result.stdout.toString();
}

async function dewar(...args: string[]): Promise<CommandResult> {
  return runCommand(process.execPath, [DEWAR, ...args], { cwd: scratch });
}

async function dewarIn(
  temporary: string,
  own: Record<string, string>,
  ...args: string[]
): Promise<CommandResult> {
  const all = Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name, value ?? '']));
  const env = { ...all, ...own, TMPDIR: temporary };
  return runCommand(process.execPath, [DEWAR, ...args], { cwd: scratch, env });
}
