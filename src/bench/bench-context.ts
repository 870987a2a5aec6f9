import { resolve } from 'node:path';
import { BazelClient } from '../bazel/query/bazel-client.ts';
import type { Emit } from '../core/events.ts';
import type { DriverContext } from '../vmm/driver.ts';
import type { GuestHost } from '../vmm/guest-host.ts';
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
  /** Version of dewar. */
  version: string;
  openGuestHost: OpenGuestHost;
}

/**
 * Finds what runs machines.
 * @param root where they live; absolute
 * @throws DewarError that says why there are none here
 */
export type OpenGuestHost = (
  env: Readonly<Record<string, string>>,
  root: string,
  context: DriverContext,
) => Promise<GuestHost>;

export interface BenchContextInput {
  emit: Emit;
  signal: AbortSignal;
  env: Readonly<Record<string, string>>;
  /** What a relative path to Bazel is relative to. */
  cwd: string;
  bazel: string;
  version: string;
  openGuestHost: OpenGuestHost;
}

/**
 * The context of a command: this very program and Node, and Bazel by its absolute path when it was given as a path.
 * @throws DewarError BAZEL_NOT_FOUND
 */
export async function benchContext(input: BenchContextInput): Promise<BenchContext> {
  const { emit, signal, env, cwd, version, openGuestHost } = input;
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
  const dewar = { node: process.execPath, script: process.argv[1] ?? '' };
  return { emit, signal, env, bazel, dewar, version, openGuestHost };
}
