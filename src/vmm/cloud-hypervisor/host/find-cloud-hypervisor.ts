import { access, constants, realpath, stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { DewarError } from '../../../core/errors.ts';
import { findProgram } from '../../../platform/find-program.ts';
import { runCommand } from '../../../platform/run-command.ts';

export interface CloudHypervisorProgram {
  /** Absolute and without links. */
  path: string;
  version: CloudHypervisorVersion;
  /** Changes whenever the file does. */
  identity: string;
}

export interface CloudHypervisorVersion {
  major: number;
  minor: number;
  /** As it is printed, such as `v53.0`. */
  text: string;
}

/**
 * Major versions: the first that can be told that a disk is raw, so that no guest makes it look like one with a backing file,
 * and the last whose sources the driver was written against.
 */
export const WRITTEN_FOR = { oldest: 51, newest: 53 } as const;

const PROGRAM = 'cloud-hypervisor';
const DEADLINE_MS = 20_000;

/**
 * Finds Cloud Hypervisor: `DEWAR_CLOUD_HYPERVISOR` (an absolute path), else `cloud-hypervisor` on PATH.
 * @throws DewarError CLOUD_HYPERVISOR_MISSING, CLOUD_HYPERVISOR_TOO_OLD, CLOUD_HYPERVISOR_BROKEN
 */
export async function findCloudHypervisor(
  env: Readonly<Record<string, string>>,
): Promise<CloudHypervisorProgram> {
  const path = await locate(env);
  const result = await runCommand(path, ['--version'], { deadlineMs: DEADLINE_MS });
  const version = parseCloudHypervisorVersion(result.stdout.toString('utf8'));
  if (result.exitCode !== 0 || version === undefined)
    throw new DewarError({
      code: 'CLOUD_HYPERVISOR_BROKEN',
      message: `${path} --version ended with ${result.exitCode}: ${result.stderr.trim().slice(0, 500)}`,
      mend: 'install cloud-hypervisor again, for this CPU',
    });
  if (version.major < WRITTEN_FOR.oldest)
    throw new DewarError({
      code: 'CLOUD_HYPERVISOR_TOO_OLD',
      message: `${path} is Cloud Hypervisor ${version.text}; dewar needs v${WRITTEN_FOR.oldest}.0 or later`,
      mend: 'install a newer release, or name one by DEWAR_CLOUD_HYPERVISOR',
    });
  const { size, mtimeMs, ino } = await stat(path);
  return { path, version, identity: [path, size, mtimeMs, ino, version.text].join(':') };
}

/** @returns undefined when it is not what Cloud Hypervisor prints */
export function parseCloudHypervisorVersion(output: string): CloudHypervisorVersion | undefined {
  const found = /^cloud-hypervisor (v?(\d+)\.(\d+)\S*)/.exec(output);
  if (found === null) return undefined;
  return { major: Number(found[2]), minor: Number(found[3]), text: found[1] ?? '' };
}

async function locate(env: Readonly<Record<string, string>>): Promise<string> {
  const own = env['DEWAR_CLOUD_HYPERVISOR'] ?? '';
  const found = own === '' ? await findProgram(PROGRAM, env['PATH'] ?? '') : await ownProgram(own);
  if (found !== undefined) return realpath(found);
  throw new DewarError({
    code: 'CLOUD_HYPERVISOR_MISSING',
    message:
      own === ''
        ? `${PROGRAM} is not on PATH`
        : `DEWAR_CLOUD_HYPERVISOR=${own} is not the absolute path of a program`,
    mend: 'install a release of it (docs/drivers.md), or name one by DEWAR_CLOUD_HYPERVISOR',
  });
}

async function ownProgram(path: string): Promise<string | undefined> {
  if (!isAbsolute(path)) return undefined;
  return access(path, constants.X_OK).then(
    () => path,
    () => undefined,
  );
}
