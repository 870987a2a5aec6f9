import { chown, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import type { FirecrackerProgram } from '../host/find-firecracker.ts';
import type { MachineContext } from '../../machine/machine-context.ts';
import { MACHINE_FILES } from '../../machine/machine-paths.ts';
import type { MachinePaths } from '../../machine/machine-paths.ts';
import { planCommand } from '../plan/plan-command.ts';
import { findJailer } from './find-jailer.ts';
import { JAIL, jailedUser, planJailer } from './plan-jailer.ts';
import type { BroughtFile } from './plan-jailer.ts';

/** Where Firecracker runs: in the machine's directory, or in a jail below it. */
export interface Place {
  /**
   * @param path absolute, of this host
   * @param name in a jail
   * @returns the path by which Firecracker finds the file; a name of its own in the machine's directory is its path there too
   */
  bring(path: string, access: 'read' | 'write', name?: string): string;
  /**
   * Prepares the directory.
   * @param socket absolute; where Firecracker listens; in its directory by default
   * @returns what is to be started
   */
  enter(socket?: string): Promise<{ program: string; args: string[] }>;
}

export interface PlaceOptions {
  program: FirecrackerProgram;
  paths: MachinePaths;
  /** Name of the TAP, which is given to the jail's user; undefined: it is not dewar's, so there can be no jail. */
  tap: string | undefined;
}

/**
 * Takes the jailer where root runs this, and it is there.
 * @throws DewarError JAILER_UNFIT
 */
export async function choosePlace(
  { program, paths, tap }: PlaceOptions,
  { env }: Pick<MachineContext, 'env'>,
): Promise<Place> {
  const jailer = tap === undefined ? undefined : await findJailer(program, env);
  return tap === undefined || jailer === undefined
    ? directoryPlace(program, paths)
    : jailPlace({ program, paths, tap, jailer });
}

function directoryPlace(program: FirecrackerProgram, paths: MachinePaths): Place {
  return {
    bring: (path) => (dirname(path) === paths.directory ? basename(path) : path),
    async enter(socket) {
      await prepare(paths, socket);
      const id = ['--id', basename(paths.directory)];
      return { program: program.path, args: [...id, ...argumentsOf(paths, socket)] };
    },
  };
}

function jailPlace({ program, paths, tap, jailer }: PlaceOptions & { tap: string; jailer: string }): Place {
  const id = basename(paths.directory);
  const user = jailedUser(id);
  const brought: BroughtFile[] = [
    { path: paths.output, name: MACHINE_FILES.output, access: 'write' },
    // By its path it is found again, so it has the same in the jail.
    { path: paths.metrics, name: paths.metrics.slice(1), access: 'write' },
  ];
  return {
    bring(path, access, name = basename(path)) {
      brought.push({ path, name, access });
      return name;
    },
    async enter() {
      await prepare(paths, undefined);
      for (const { path, access } of brought) if (access === 'write') await chown(path, user, user);
      const plan = planJailer({
        jailer,
        program: program.path,
        args: argumentsOf(paths),
        id,
        directory: paths.directory,
        user,
        tap,
        brought,
      });
      await rm(join(paths.directory, JAIL), { recursive: true, force: true });
      await mkdir(plan.root, { recursive: true, mode: 0o700 });
      for (const name of [MACHINE_FILES.api, MACHINE_FILES.vsock])
        await symlink(join(relative(paths.directory, plan.root), name), join(paths.directory, name));
      return { program: plan.file, args: plan.args };
    },
  };
}

/** What an earlier Firecracker left is removed. */
async function prepare(paths: MachinePaths, socket: string | undefined): Promise<void> {
  for (const left of [socket ?? paths.api, paths.vsock]) await rm(left, { force: true });
  for (const file of [paths.output, paths.metrics]) await writeFile(file, '', { mode: 0o600 });
}

function argumentsOf(paths: MachinePaths, socket?: string): string[] {
  return planCommand({
    socket: socket ?? MACHINE_FILES.api,
    log: MACHINE_FILES.output,
    metrics: paths.metrics,
  });
}
