import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ImpactGraph } from '../../src/bazel/why/impact-graph.ts';
import type { TargetReason, WhyReport } from '../../src/bazel/why/why-report.ts';
import { bazel, bazel4 } from '../support/bazel.ts';
import { testRepository } from '../support/git-repository.ts';
import type { TestRepository } from '../support/git-repository.ts';
import { MACRO_BZL, WHY_CASES } from '../support/why-cases.ts';
import { FILES, LIB } from '../support/why-workspace.ts';
import type { WhyCase } from '../support/why-cases.ts';
import { snapshotSandbox } from '../support/snapshot-sandbox.ts';
import type { Outcome, SnapshotSandbox } from '../support/snapshot-sandbox.ts';

let repository: TestRepository;
let sandbox: SnapshotSandbox;
let base = '';

beforeAll(async () => {
  repository = await testRepository();
  sandbox = await snapshotSandbox(repository);
  base = await repository.commit(FILES);
  const recorded = await sandbox.record(base, '--json');
  if (recorded.exitCode !== 0) throw new Error(recorded.stderr);
});

afterAll(async () => {
  await sandbox[Symbol.asyncDispose]();
  await repository[Symbol.asyncDispose]();
});

async function edit(files: WhyCase['files'], executable?: string): Promise<string> {
  await repository.git('checkout', '--quiet', '--force', '--detach', base);
  if (executable !== undefined) await chmod(join(repository.path, executable), 0o755);
  return repository.commit(files);
}

function ask(command: 'why' | 'impact-graph', args: readonly string[]): Promise<Outcome> {
  const common = ['--workspace', repository.path, '--bazel', bazel()];
  return sandbox.dewar(['bazel', command, ...args, ...common]);
}

async function report(args: readonly string[]): Promise<WhyReport> {
  return parse(await ask('why', [...args, '--json'])) as WhyReport;
}

function parse({ exitCode, stdout, stderr }: Outcome): unknown {
  if (exitCode !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

function expected(target: string, reason: WhyCase['why'][string]): object {
  if (reason === 'unchanged') return { target, impacted: false, state: 'unchanged', chain: [], root: null };
  if (reason === 'removed') return { target, impacted: false, state: 'removed', root: { label: target } };
  const chain = reason.chain.map((label) => ({ label }));
  const root = { label: reason.chain[0], changes: reason.changes };
  return { target, impacted: true, state: 'impacted', chain, root };
}

describe('the true root of each kind of edit', () => {
  test.each(WHY_CASES)('$name', async ({ name, files, why }) => {
    const target = await edit(files, name === 'executable bit' ? 'lib/b.txt' : undefined);
    const found = await report([...Object.keys(why), '--target-sha', target, '--store', sandbox.store]);
    expect(found).toMatchObject({ base_sha: base, target_sha: target, base_graph: 'index' });
    expect(found.targets).toMatchObject(
      Object.entries(why).map(([label, reason]) => expected(label, reason)),
    );
  });

  test('without a snapshot, the same; nothing is left behind', async () => {
    const target = await edit({ 'defs/macro.bzl': FILES['defs/macro.bzl']!.replace('one', 'two') });
    const args = ['//app:top', '//lib', '@//lib:made', '--target-sha', target].filter(
      (arg) => arg !== '//lib',
    );
    const warm = await report([...args, '--store', sandbox.store]);
    const slots = await sandbox.slots();
    const cold = await report(args);
    expect(cold).toEqual({ ...warm, base_graph: 'query' });
    expect(cold.targets.map((reason) => reason.target)).toEqual(['//app:top', '//lib:made']);
    expect(await sandbox.slots()).toEqual(slots);
    expect(await sandbox.servers()).toHaveLength(1);
  });

  test('modules: a version, and another path', async () => {
    const version = await edit({ 'inner/MODULE.bazel': FILES['inner/MODULE.bazel']!.replace('1.0', '2.0') });
    const flag = '--flag=--fineGrainedHashExternalRepos=@@inner~,@dep';
    const modules = [{ name: 'inner', before: '1.0', after: '2.0' }];
    const byVersion = await report(['//lib:external', '//app:top', '--target-sha', version, flag]);
    expect(byVersion.modules).toEqual(modules);
    expect(byVersion.targets[0]).toMatchObject({
      impacted: true,
      chain: [{ label: '@dep//:g' }, { label: '//lib:external' }],
      root: { label: '@dep//:g', changes: [{ kind: 'module', modules }] },
    });
    expect(byVersion.targets[1]?.state).toBe('unchanged');
    const path = await edit({
      'MODULE.bazel': FILES['MODULE.bazel']!.replace('path = "inner"', 'path = "inner2"'),
      'inner2/MODULE.bazel': FILES['inner/MODULE.bazel']!,
      'inner2/BUILD': FILES['inner/BUILD']!.replace('echo 1', 'echo 2'),
    });
    const byPath = await report(['//lib:external', '--target-sha', path, flag]);
    expect(byPath.targets[0]).toMatchObject({
      chain: [{ label: '@@inner~//:i' }, { label: '@dep//:g' }, { label: '//lib:external' }],
      root: {
        changes: [{ kind: 'attribute', name: 'cmd', before: 'echo 1 > $@', after: 'echo 2 > $@' }],
        location: 'external/inner~/BUILD:1',
      },
    });
  });

  test('an old Bazel, with WORKSPACE', async () => {
    await repository.git('checkout', '--quiet', '--force', '--detach', base);
    const files = Object.fromEntries(
      Object.entries(FILES).filter(([path]) => !/^(dep|inner|MODULE|\.bazelignore)/.test(path)),
    );
    const lib = LIB.replace(/^filegroup\(name = "external".*\n/m, '');
    const gone = Object.keys(FILES).filter((path) => files[path] === undefined);
    const first = await repository.commit({
      ...files,
      ...Object.fromEntries(gone.map((path) => [path, undefined])),
      WORKSPACE: '',
      'lib/BUILD': lib,
    });
    const second = await repository.commit({
      'defs/macro.bzl': `${FILES['defs/macro.bzl']}# more\n`,
      'defs/helper.bzl': 'VALUE = 2\n',
    });
    const labels = ['//lib:made', '//lib:cust', '//lib:gen'];
    const args = ['--workspace', repository.path, '--bazel', bazel4(), '--json', '--base-sha', first];
    const outcome = await sandbox.dewar(['bazel', 'why', ...labels, ...args, '--target-sha', second]);
    const { targets } = parse(outcome) as WhyReport;
    expect(targets.map(({ root }) => root?.changes)).toEqual([
      [MACRO_BZL],
      [
        {
          kind: 'implementation',
          definedIn: expect.stringMatching(/^defs\/rule\.bzl:4:/),
          files: ['defs/helper.bzl'],
        },
      ],
      undefined,
    ]);
  });
});

describe('as a user sees it', () => {
  let target = '';
  beforeAll(async () => {
    target = await edit({ 'lib/a.txt': 'a2\n', 'lib/odd <&"é.txt': 'changed\n' });
  });

  test('text names the change first, and then the way', async () => {
    await repository.git('checkout', '--quiet', '--force', target);
    const outcome = await ask('why', ['//app:top', '//app:alone', '--store', sandbox.store]);
    expect(outcome.stdout).toBe(
      [
        '//app:top is impacted',
        '  changed: //lib:files',
        '    lib/a.txt: content changed',
        '    lib/odd <&"é.txt: content changed',
        '  an input of //lib:gen',
        '    which generates //lib:gen.out',
        '      an input of //app:app',
        '        an input of //app:top',
        '',
        '//app:alone is not impacted',
      ].join('\n'),
    );
  });

  test('labels that are none, and targets that are not there', async () => {
    const relative = await ask('why', [':app']);
    expect(relative).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('BAD_LABEL') });
    const pattern = await ask('why', ['//app/...']);
    expect(pattern.stderr).toContain('it is a pattern');
    const unknown = await ask('why', ['//app:tpo', '--target-sha', target, '--store', sandbox.store]);
    expect(unknown.exitCode).toBe(1);
    expect(unknown.stderr).toContain('NO_SUCH_TARGET');
    expect(unknown.stderr).toContain('did you mean //app:top');
  });

  test('a name that is not ASCII is found as people write it', async () => {
    const found = await report(['//lib:odd <&"é.txt', '--target-sha', target, '--store', sandbox.store]);
    expect(found.targets[0]?.root?.changes).toEqual([
      expect.objectContaining({ kind: 'file', event: 'content' }),
    ]);
  });

  test('the graph has what consume says, with the reasons that why gives', async () => {
    const consumed = await sandbox.consume(target);
    const args = ['--target-sha', target, '--store', sandbox.store];
    const outcome = await ask('impact-graph', [...args, '--format', 'json']);
    const graph = parse(outcome) as ImpactGraph;
    expect(graph.targets.map(({ label }) => label).toSorted()).toEqual(consumed.impacted?.toSorted());
    const found = await report([...graph.targets.map(({ label }) => label), ...args]);
    const byLabel = new Map(graph.targets.map((node) => [node.label, node]));
    for (const reason of found.targets) {
      const node = byLabel.get(reason.target)!;
      expect(reason.distance).toBe(node.distance);
      expect(chainOf(node, byLabel)).toEqual(reason.chain.map(({ label }) => label));
      expect(rootChanges(reason)).toEqual(byLabel.get(reason.root!.label)?.changes);
    }
  });

  test('a page and DOT are written whole', async () => {
    const page = join(sandbox.directory, 'impact.html');
    const args = ['--target-sha', target, '--store', sandbox.store];
    const outcome = await ask('impact-graph', [...args, '--out', page]);
    expect(outcome.stdout).toBe(`8 impacted targets in ${page}`);
    expect(await readFile(page, 'utf8')).toContain('8 impacted targets since');
    const dot = await ask('impact-graph', [...args, '--format', 'dot', '--limit', '2']);
    expect(dot.stdout).toContain('the nearest 2 are shown, 6 are left out');
    await writeFile(join(sandbox.directory, 'file'), '');
    const refused = await ask('impact-graph', [...args, '--out', join(sandbox.directory, 'file/x.html')]);
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('OUTPUT_NOT_WRITABLE') });
  });

  test('an interruption takes the machine with it', async () => {
    const slots = await sandbox.slots();
    const common = ['--workspace', repository.path, '--bazel', bazel()];
    const running = sandbox.start(['bazel', 'why', '//app:top', '--target-sha', target, ...common]);
    while (!running.stderr().includes('query:')) await new Promise((resolve) => setTimeout(resolve, 20));
    process.kill(running.pid, 'SIGINT');
    const ended = await running.ended;
    expect(ended).toMatchObject({ exitCode: 130, stderr: expect.stringContaining('INTERRUPTED') });
    expect(await sandbox.slots()).toEqual(slots);
    expect(await sandbox.servers()).toHaveLength(1);
  });
});

function chainOf(node: ImpactGraph['targets'][number], byLabel: Map<string, typeof node>): string[] {
  const before = node.via === null ? [] : chainOf(byLabel.get(node.via)!, byLabel);
  return [...before, node.label];
}

function rootChanges(reason: TargetReason): unknown {
  return reason.root?.changes;
}
