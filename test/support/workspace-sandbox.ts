import { mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { execa } from 'execa';
import type { WorkspaceConfig } from '../../src/config/workspace-config.ts';
import { GIT_TEST_ENV } from './git-repository.ts';
import type { BuiltImage } from './guest-image.ts';
import { SYSTEM_PATH } from './guest-image.ts';
import { DEWAR } from './image-cli.ts';
import { linkImage } from './link-image.ts';
import { testDriver } from './test-driver.ts';

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
  hasEnded(): boolean;
  ended: Promise<Outcome>;
}

/** The built dewar for workspaces: with a home, a cache and a runtime directory of its own. */
export interface WorkspaceSandbox extends AsyncDisposable {
  directory: string;
  cache: string;
  /** Lies in memory. */
  runtime: string;
  env: Record<string, string>;
  /** Makes a workspace with a small machine; what `config` has counts. @returns its directory */
  workspace(name: string, config?: WorkspaceConfig): Promise<string>;
  /** Runs dewar in a directory to its end. */
  dewar(directory: string, ...args: string[]): Promise<Outcome>;
  /** Starts dewar without waiting for it. */
  start(directory: string, ...args: string[]): Running;
  /** Process ids of all that was started for this sandbox, by a word of the command line. */
  processes(word?: string): Promise<number[]>;
  /** What is there though all machines of the sandbox are down: processes, mounts, slots, secrets, temporary files. */
  leftovers(): Promise<string[]>;
  /** The same for what may also be there while machines are up. */
  litter(): Promise<string[]>;
}

/** Machines share this host's CPUs with other tests, and may be emulated. */
const SLOW = '6';

export async function workspaceSandbox(image: BuiltImage): Promise<WorkspaceSandbox> {
  const directory = await mkdtemp(join(tmpdir(), 'dewar-test-'));
  const runtime = await mkdtemp('/dev/shm/dewar-test-');
  const [home, cache, workspaces] = ['home', 'cache', 'workspaces'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  for (const path of [home, cache, workspaces]) await mkdir(path);
  await linkImage(image, cache);
  const env: Record<string, string> = {
    ...GIT_TEST_ENV,
    ...SYSTEM_PATH,
    ...given([...testDriver.variables, 'DEWAR_VIRTIOFSD']),
    DEWAR_SLOW: process.env['DEWAR_SLOW'] ?? SLOW,
    HOME: home,
    DEWAR_CACHE_DIR: cache,
    XDG_RUNTIME_DIR: runtime,
    // Without need, this host's own network is not touched.
    ...(testDriver.capabilities.network === 'tap' ? {} : { DEWAR_TAP: 'no' }),
  };
  const start = (cwd: string, ...args: string[]): Running => {
    const child = execa(process.execPath, [DEWAR, ...args], { cwd, env, extendEnv: false, reject: false });
    let said = '';
    let over = false;
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const ended = child.then(({ exitCode, signal, stdout, stderr }) => {
      over = true;
      return { exitCode, signal, stdout, stderr };
    });
    return { pid: child.pid ?? 0, stderr: () => said, hasEnded: () => over, ended };
  };
  const litter = async (): Promise<string[]> =>
    [
      ...(await pathsBelow(cache)).filter((path) => !EXPECTED_IN_CACHE.test(path)),
      ...(await pathsBelow(workspaces)).filter(
        (path) => path.includes('/.dewar/') && !EXPECTED_IN_STATE.test(path),
      ),
    ].filter((path) => !MACHINE_DIRECTORY.test(path));
  const processes = async (word = ''): Promise<number[]> =>
    (await processesOf([directory, runtime]))
      .filter(({ command }) => command.includes(word))
      .map(({ pid }) => pid);
  return {
    directory,
    cache,
    runtime,
    env,
    async workspace(name, config = {}) {
      const path = join(workspaces, name);
      await mkdir(path);
      const whole: WorkspaceConfig = {
        image: image.id,
        driver: testDriver.name,
        resources: { vcpus: 1, memoryMB: 384 },
        network: { mode: 'off' },
        ...config,
      };
      await writeFile(join(path, 'dewar.config.json'), JSON.stringify(whole));
      return path;
    },
    dewar: (cwd, ...args) => start(cwd, ...args).ended,
    start,
    processes,
    async leftovers() {
      const machines = (await pathsBelow(cache)).filter((path) => MACHINE_DIRECTORY.test(path));
      const volatile = (await pathsBelow(runtime)).filter(
        (path) => !/^dewar(\/slots|\/secrets)?$/.test(path),
      );
      return [
        ...(await processesOf([directory, runtime])).map(
          ({ pid, command }) => `process ${pid}: ${command.slice(0, 300)}`,
        ),
        ...(await mountsBelow([directory, runtime])),
        ...(await readdir('/sys/class/net')).filter((name) => /^(dewar|tap)/.test(name)),
        ...machines,
        ...volatile,
        ...(await litter()),
      ];
    },
    litter,
    async [Symbol.asyncDispose]() {
      // Only processes that name this sandbox's own directories.
      for (const pid of await processes()) kill(pid);
      for (const path of [directory, runtime])
        await rm(path, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

const MACHINE_DIRECTORY = /^[\w-]+\/machines\//;
/** Images and saved machines; the ends of logs; what was found out about this host and about files. */
const EXPECTED_IN_CACHE =
  /^(images(\/[0-9a-f]{64}(\/[\w.]+)?)?|workspaces(\/standbys(\/[0-9a-f]{32}(\.lock|\/[\w.]+)?)?)?|kernels(\/[0-9a-f]{64})?|(qemu|firecracker|cloud-hypervisor)(\/machines|\/host-\w+\.json(\.\d+)?|\/checked(\/[0-9a-f]{64}(\.\d+)?)?|\/logs(\/[0-9a-f]{16}(\/\w+\.log)?)?)?)$/;
const EXPECTED_IN_STATE =
  /\/\.dewar\/(forks\/[\w-]+\/?)?(\.gitignore|journal\.json|lock|warm-cache\.lock|root\.qcow2|root\.image|root\.driver|config\.schema\.json|dewar\.d\.ts|forks|ssh(\/id_ed25519(\.pub)?)?|logs(\/network\.log|\/scripts(\/[\w.-]+\.log)?)?)?$/;

function given(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

/** @returns paths relative to a directory */
async function pathsBelow(directory: string): Promise<string[]> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  return found.map(({ parentPath, name }) => relative(directory, join(parentPath, name)));
}

/** By their arguments, their environment or where they run: what dewar starts has one of them. */
async function processesOf(directories: readonly string[]): Promise<{ pid: number; command: string }[]> {
  const found: { pid: number; command: string }[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    // A process that has just ended has none of them any more.
    const read = (file: string): Promise<string> => readFile(`/proc/${name}/${file}`, 'utf8').catch(() => '');
    const command = await read('cmdline');
    const cwd = await readlink(`/proc/${name}/cwd`).catch(() => '');
    const words = `${command}\0${await read('environ')}\0${cwd}`;
    if (directories.some((directory) => words.includes(directory)))
      found.push({ pid: Number(name), command: command.replaceAll('\0', ' ') });
  }
  return found;
}

async function mountsBelow(directories: readonly string[]): Promise<string[]> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  return lines.filter((line) => directories.some((directory) => line.includes(directory)));
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
