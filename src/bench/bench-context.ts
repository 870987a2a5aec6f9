import { resolve } from 'node:path';
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

/** The context of a command: this very program and Node, and Bazel by its absolute path when it was given as a path. */
export function benchContext({ emit, signal, env, cwd, bazel }: BenchContextInput): BenchContext {
  return {
    emit,
    signal,
    env,
    dewar: { node: process.execPath, script: process.argv[1] ?? '' },
    bazel: bazel.includes('/') ? resolve(cwd, bazel) : bazel,
  };
}
