import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { ConsumeReport } from '../../src/snapshot/report.ts';
import { bazel } from './bazel.ts';
import { GIT_TEST_ENV, temporaryDirectory } from './git-repository.ts';
import type { TestRepository } from './git-repository.ts';
import { processesNaming } from './processes-naming.ts';

const DEWAR = fileURLToPath(new URL('../../dist/dewar.js', import.meta.url));

export interface Outcome {
  exitCode: number | undefined;
  signal: string | undefined;
  stdout: string;
  stderr: string;
}

export interface Running {
  pid: number;
  /** What it has written to stderr so far. */
  stderr(): string;
  ended: Promise<Outcome>;
}

export interface Consumed extends Outcome {
  report: ConsumeReport;
  /** Lines of `--out`; undefined when it was not written. */
  impacted: string[] | undefined;
}

/** The built dewar with a store and a cache of its own, on a repository and a real Bazel. */
export interface SnapshotSandbox extends AsyncDisposable {
  directory: string;
  store: string;
  cache: string;
  env: Record<string, string>;
  dewar(args: readonly string[], env?: Record<string, string>): Promise<Outcome>;
  /** Starts dewar without waiting for it. */
  start(args: readonly string[]): Running;
  recordArgs(base: string): string[];
  record(base: string, ...more: string[]): Promise<Outcome>;
  consumeArgs(target: string): string[];
  consume(target: string, ...more: string[]): Promise<Consumed>;
  /** Names of the work slots of all workspaces. */
  slots(): Promise<string[]>;
  /** Paths in the store, without its locks. */
  stored(): Promise<string[]>;
  /** Process ids of the Bazel servers and machines that were started for this sandbox. */
  servers(): Promise<string[]>;
}

/** How a sandbox runs Bazel elsewhere than on this host. */
export interface SandboxMachines {
  /** Options of record and consume: the driver, and the Bazel there. */
  options: readonly string[];
  env: Record<string, string>;
  /** Gets the cache directory before dewar does. */
  prepare(cache: string): Promise<void>;
}

/** @param machines where Bazel runs in machines; on this host when absent */
export async function snapshotSandbox(
  repository: Pick<TestRepository, 'path'>,
  workspace = '',
  machines?: SandboxMachines,
): Promise<SnapshotSandbox> {
  const { path: directory } = await temporaryDirectory();
  const [store, cache, out, report] = ['store', 'cache', 'out', 'report'].map((name) =>
    join(directory, name),
  ) as [string, string, string, string];
  const env = { ...GIT_TEST_ENV, ...machines?.env, DEWAR_CACHE_DIR: cache };
  await machines?.prepare(cache);
  const start = (args: readonly string[], more: Record<string, string> = {}): Running => {
    const options = { cwd: directory, env: { ...env, ...more }, extendEnv: false, reject: false } as const;
    const child = execa(process.execPath, [DEWAR, ...args], options);
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const ended = child.then(({ exitCode, signal, stdout, stderr }) => ({
      exitCode,
      signal,
      stdout,
      stderr,
    }));
    return { pid: child.pid ?? 0, stderr: () => said, ended };
  };
  const dewar: SnapshotSandbox['dewar'] = (args, more) => start(args, more).ended;
  const common = ['--workspace', join(repository.path, workspace), '--store', store];
  const recordArgs = (base: string): string[] => ['record', ...common, '--base-sha', base];
  const consumeArgs = (target: string): string[] => [
    'consume',
    ...common,
    '--target-sha',
    target,
    '--out',
    out,
  ];
  const servers = (): Promise<string[]> => processesNaming(cache);
  const withBazel = (more: readonly string[]): readonly string[] =>
    machines?.options ?? (more.includes('--bazel') ? [] : ['--bazel', bazel()]);
  return {
    directory,
    store,
    cache,
    env,
    dewar,
    start,
    recordArgs: (base) => [...recordArgs(base), ...withBazel([])],
    record: (base, ...more) => dewar([...recordArgs(base), ...withBazel(more), ...more]),
    consumeArgs: (target) => [...consumeArgs(target), ...withTier([]), ...withBazel([])],
    async consume(target, ...more) {
      await Promise.all([rm(out, { force: true }), rm(report, { force: true })]);
      const args = [...consumeArgs(target), '--json', report, ...withTier(more), ...withBazel(more), ...more];
      const outcome = await dewar(args);
      const text = await readFile(report, 'utf8').catch(() => {
        throw new Error(`consume wrote no report (exit code ${outcome.exitCode}):\n${outcome.stderr}`);
      });
      const impacted = await readFile(out, 'utf8').catch(() => undefined);
      return {
        ...outcome,
        report: JSON.parse(text) as ConsumeReport,
        impacted: impacted?.split('\n').filter((line) => line !== ''),
      };
    },
    slots: async () => {
      const paths = await readdir(join(cache, 'local'), { recursive: false }).catch(() => []);
      return (await Promise.all(paths.map((path) => readdir(join(cache, 'local', path))))).flat();
    },
    stored: async () => {
      const paths = await readdir(store, { recursive: true }).catch(() => []);
      return paths.filter((path) => !path.startsWith('.locks')).toSorted((a, b) => (a < b ? -1 : 1));
    },
    servers,
    async [Symbol.asyncDispose]() {
      // Only processes whose command line names this sandbox's own directory.
      for (const pid of await servers()) process.kill(Number(pid), 'SIGKILL');
      await execa('chmod', ['-R', 'u+rwX', directory], { reject: false });
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** A small Bazel workspace that loads without a toolchain or network. */
export const WORKSPACE: Record<string, string> = {
  'MODULE.bazel': 'module(name = "small")\n',
  '.gitignore': 'bazel-*\n',
  'defs.bzl':
    'def thing(name):\n    native.genrule(name = name, srcs = ["in.txt"], outs = [name + ".out"], cmd = "cp $< $@")\n',
  'a/BUILD.bazel': 'load("//:defs.bzl", "thing")\nthing("g")\n',
  'a/in.txt': '1\n',
  'b/BUILD.bazel': 'filegroup(name = "all", srcs = glob(["*.txt"]) + ["//a:g"])\nfilegroup(name = "alone")\n',
  'b/with space ü.txt': '1\n',
  'BUILD.bazel': '',
};

/** The graph index would answer most commits of a small repository, and leave the machine untested. */
function withTier(more: readonly string[]): string[] {
  return more.includes('--tier') ? [] : ['--tier', 'thawed'];
}
