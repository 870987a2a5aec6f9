import type { Buffer } from 'node:buffer';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../../../src/platform/run-command.ts';
import type { CommandResult } from '../../../src/platform/run-command.ts';
import { writeWorkspace } from '../workspaces.ts';
import type { FixtureFiles } from '../workspaces.ts';

/** A workspace on disk with a Bazel server of its own, which is shut down with it. */
export interface BazelFixture extends AsyncDisposable {
  /** Holds everything; files of a test may go here. */
  directory: string;
  workspace: string;
  outputBase: string;
  bazel: string;
  startupOptions: readonly string[];
  run(args: readonly string[]): Promise<CommandResult>;
  /** @returns stdout @throws Error when Bazel exits with anything but `accepted` */
  output(args: readonly string[], accepted?: readonly number[]): Promise<Buffer>;
}

/** @param bazel path of a real Bazel */
export async function bazelFixture(bazel: string, files: FixtureFiles): Promise<BazelFixture> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'dewar-conformance-')));
  const workspace = join(directory, 'workspace');
  const outputBase = join(directory, 'output');
  await writeWorkspace(workspace, files);
  const startupOptions = [`--output_base=${outputBase}`, '--max_idle_secs=300'];
  const run = (args: readonly string[]): Promise<CommandResult> =>
    runCommand(bazel, [...startupOptions, ...args], { cwd: workspace, deadlineMs: 180_000 });
  return {
    directory,
    workspace,
    outputBase,
    bazel,
    startupOptions,
    run,
    async output(args, accepted = [0]) {
      const { exitCode, stdout, stderr } = await run(args);
      if (accepted.includes(exitCode)) return stdout;
      throw new Error(`bazel ${args.join(' ')}: exit ${exitCode}\n${stderr}`);
    },
    async [Symbol.asyncDispose]() {
      await run(['shutdown']);
      // Bazel leaves read-only directories behind.
      await runCommand('chmod', ['-R', 'u+w', directory]);
      await rm(directory, { recursive: true, force: true });
    },
  };
}
