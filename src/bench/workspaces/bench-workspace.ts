import { copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DewarError } from '../../core/errors.ts';
import { IMAGE_NAMES, PACKAGE_LOCK_NAME, STANDBYS } from '../../core/names.ts';
import { cacheDirectory } from '../../platform/cache-directory.ts';
import type { BenchContext } from '../bench-context.ts';
import { runDewar } from '../measure/run-dewar.ts';
import type { DewarCost } from '../measure/run-dewar.ts';

/** A workspace that is measured. */
export interface BenchWorkspace {
  /** Absolute, as are the others. */
  directory: string;
  standbys: string;
  disk: string;
  /** Writes its config anew. */
  configure(config: BenchConfig): Promise<void>;
  /** Runs a command on it. @returns milliseconds of the process */
  dewar(...args: readonly string[]): Promise<number>;
  /** The same, with what it cost and printed. */
  measured(...args: readonly string[]): Promise<DewarCost & { stdout: Buffer }>;
  up(expected: 'booted' | 'thawed'): Promise<number>;
  end(): Promise<void>;
}

export interface BenchConfig {
  /** Of the file. */
  name: string;
  text: string;
}

/** A cache of its own, with the user's images: what is saved there is the bench's. */
export async function benchWorkspace(
  scratch: string,
  config: BenchConfig,
  context: BenchContext,
): Promise<BenchWorkspace> {
  const path = (name: string): string => join(scratch, name);
  const cache = cacheDirectory(context.env);
  for (const name of ['workspace', 'cache', 'run']) await mkdir(path(name), { mode: 0o700 });
  await symlink(join(cache, IMAGE_NAMES.root), path(`cache/${IMAGE_NAMES.root}`));
  await copyFile(join(cache, PACKAGE_LOCK_NAME), path(`workspace/${PACKAGE_LOCK_NAME}`));
  const env = { ...context.env, DEWAR_CACHE_DIR: path('cache'), XDG_RUNTIME_DIR: path('run') };
  const run = async (
    args: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<DewarCost & { stdout: Buffer }> => {
    const stdout = path('stdout');
    const cost = await runDewar(context.dewar, args, { cwd: path('workspace'), env, signal, stdout });
    return { ...cost, stdout: await readFile(stdout) };
  };
  const configure = ({ name, text }: BenchConfig): Promise<void> =>
    writeFile(join(path('workspace'), name), text);
  await configure(config);
  return {
    directory: path('workspace'),
    standbys: path(join('cache', ...STANDBYS)),
    disk: path('workspace/.dewar/root.qcow2'),
    configure,
    dewar: async (...args) => (await run(args, context.signal)).ms,
    measured: (...args) => run(args, context.signal),
    async up(expected) {
      const { ms, stdout } = await run(['up', '--json'], context.signal);
      const { how } = JSON.parse(stdout.toString('utf8')) as { how?: unknown };
      if (how === expected) return ms;
      throw new DewarError({
        code: 'BENCH_WRONG_START',
        message: `a machine that was to be ${expected} was ${String(how)}`,
        mend: 'see dewar doctor: machines that cannot be saved cannot be thawed',
      });
    },
    end: async () => void (await run(['down', '--force'], undefined)),
  };
}
