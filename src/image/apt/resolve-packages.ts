import { DewarError } from '../../core/errors.ts';
import { runCommand } from '../../platform/run-command.ts';
import type { CommandResult } from '../../platform/run-command.ts';
import { makeTempDirectory } from '../../platform/temp-dir.ts';
import type { LockedPackage } from '../lock/package-lock.ts';
import { parsePrintUris } from './parse-print-uris.ts';
import type { Mirrors } from './parse-print-uris.ts';
import { privateApt } from './private-apt.ts';

export interface ResolveRequest {
  suite: string;
  /** Debian's word: amd64, arm64. */
  architecture: string;
  packages: readonly string[];
  mirrors: Mirrors;
  env: Readonly<Record<string, string>>;
  signal?: AbortSignal | undefined;
}

/**
 * Asks the archives which packages, in which versions, a root file system with `packages` is made of now: these, the
 * essential ones and all that they depend on; and which kernel is the newest of those for virtual machines.
 * @throws DewarError MIRROR_UNREACHABLE, NO_SUCH_PACKAGE, PACKAGES_UNRESOLVED; as `runCommand` does
 */
export async function resolvePackages(
  request: ResolveRequest,
): Promise<{ kernel: LockedPackage[]; packages: LockedPackage[] }> {
  const { suite, architecture, mirrors, env, signal } = request;
  await using directory = await makeTempDirectory('apt');
  const options = await privateApt(directory.path, suite, architecture, mirrors);
  const apt = (args: readonly string[]): Promise<CommandResult> =>
    runCommand('apt-get', [...options, '-q', ...args], { env: { ...env, LC_ALL: 'C' }, signal });

  const update = await apt(['update']);
  // it warns and ends with 0 when a source cannot be reached
  if (update.exitCode !== 0 || /^[WE]: (?:Failed to fetch|Some index files)/m.test(update.stderr))
    throw unreachable(suite, mirrors, update.stderr);

  const list = async (names: readonly string[]): Promise<LockedPackage[]> => {
    const result = await apt(['install', '-y', '--print-uris', ...names]);
    if (result.exitCode !== 0) throw unresolved(suite, names, result.stderr);
    return parsePrintUris(result.stdout.toString('utf8'), mirrors);
  };
  const packages = await list(['?essential', ...request.packages]);
  return { kernel: await findKernel(suite, architecture, list), packages };
}

async function findKernel(
  suite: string,
  architecture: string,
  list: (names: readonly string[]) => Promise<LockedPackage[]>,
): Promise<LockedPackage[]> {
  // from Debian 14 on the kernel and its modules have packages of their own
  const pattern = new RegExp(`^linux-(?:image|binary|modules)-[0-9].*-cloud-${architecture}$`);
  const meta = `linux-image-cloud-${architecture}`;
  const kernel = (await list([meta])).filter(({ name }) => pattern.test(name));
  if (kernel.length === 0) throw unresolved(suite, [meta], `${meta} depends on no kernel`);
  return kernel;
}

function unreachable(suite: string, mirrors: Mirrors, stderr: string): DewarError {
  const where = [mirrors.debian, mirrors.security].filter((uri) => uri !== undefined).join(' and ');
  return new DewarError({
    code: 'MIRROR_UNREACHABLE',
    message: `the package lists of Debian ${suite} could not be had from ${where}: ${problemsOf(stderr)}`,
    mend: 'check the network and the suite, or name another archive with --mirror',
  });
}

function unresolved(suite: string, names: readonly string[], stderr: string): DewarError {
  const missing = [...stderr.matchAll(/^E: Unable to locate package (\S+)/gm)].map((match) => match[1]);
  if (missing.length > 0)
    return new DewarError({
      code: 'NO_SUCH_PACKAGE',
      message: `Debian ${suite} has no package ${missing.join(', ')}`,
      mend: 'correct --package, or build from another suite with --suite',
    });
  return new DewarError({
    code: 'PACKAGES_UNRESOLVED',
    message: `apt finds no set of packages of Debian ${suite} with ${names.join(' ')}: ${problemsOf(stderr)}`,
    mend: 'leave out the packages that exclude each other, or build from another suite with --suite',
  });
}

/** @returns the lines in which apt names problems, at most five */
export function problemsOf(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => /^[EW]: /.test(line));
  return lines.slice(0, 5).join('; ') || stderr.trim().slice(-500) || 'it gave no reason';
}
