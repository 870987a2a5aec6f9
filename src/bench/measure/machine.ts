import { arch, availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { runCommand } from '../../platform/run-command.ts';

/** Where figures were taken. */
export interface Machine {
  cpu: string;
  cores: number;
  memory_bytes: number;
  kernel: string;
  node: string;
  git: string;
  bazel: string;
}

/** @param bazel the program that is measured */
export async function describeMachine(
  bazel: string,
  env: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<Machine> {
  const version = async (file: string): Promise<string> => {
    const { stdout, exitCode } = await runCommand(file, ['--version'], { env, signal });
    const text = stdout.toString('utf8').trim();
    return exitCode === 0 && text !== '' ? text : 'unknown';
  };
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memory_bytes: totalmem(),
    kernel: `${type()} ${release()} ${arch()}`,
    node: process.version,
    git: (await version('git')).replace(/^git version /, ''),
    bazel: (await version(bazel)).replace(/^bazel /, ''),
  };
}
