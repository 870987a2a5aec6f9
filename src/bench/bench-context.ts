import { resolve } from 'node:path';
import { BazelClient } from '../bazel/query/bazel-client.ts';
import type { Emit } from '../core/events.ts';
import type { DewarProgram } from './measure/run-dewar.ts';

/** What every measurement needs. */
export interface BenchContext {
  emit: Emit;
  signal: AbortSignal;
  env: Readonly<Record<string, string>>;
  /** This program, to be started as a process of its own. */
  dewar: DewarProgram;
  /** The Bazel that is measured: a path, or a name on PATH. */
  bazel: string;
}

export interface BenchContextInput {
  emit: Emit;
  signal: AbortSignal;
  env: Readonly<Record<string, string>>;
  /** What a relative path to Bazel is relative to. */
  cwd: string;
  bazel: string;
}

/**
 * The context of a command: this very program and Node, and Bazel by its absolute path when it was given as a path.
 * @throws DewarError BAZEL_NOT_FOUND
 */
export async function benchContext(input: BenchContextInput): Promise<BenchContext> {
  const { emit, signal, env, cwd } = input;
  const bazel = input.bazel.includes('/') ? resolve(cwd, input.bazel) : input.bazel;
  // Asked only to find out now, and not after a project was made, that there is none.
  const client = new BazelClient({
    bazelPath: bazel,
    workspacePath: cwd,
    startupOptions: [],
    env,
    emit,
    signal,
  });
  await client.version();
  return { emit, signal, env, bazel, dewar: { node: process.execPath, script: process.argv[1] ?? '' } };
}
