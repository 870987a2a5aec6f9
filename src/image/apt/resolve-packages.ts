import { DewarError } from '../../core/errors.ts';
import { runCommand } from '../../platform/run-command.ts';
import type { CommandResult } from '../../platform/run-command.ts';
import { makeTempDirectory } from '../../platform/temp-dir.ts';
import type { LockedPackage } from '../lock/package-lock.ts';
import { nearNames } from './near-names.ts';
import { checkPackageNames } from './package-names.ts';
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
 * @throws DewarError BAD_PACKAGE_NAME, MIRROR_UNREACHABLE, NO_SUCH_PACKAGE, PACKAGES_UNRESOLVED; as `runCommand` does
 */
export async function resolvePackages(
  request: ResolveRequest,
): Promise<{ kernel: LockedPackage[]; packages: LockedPackage[] }> {
  const { suite, architecture, mirrors, env, signal } = request;
  checkPackageNames(request.packages);
  await using directory = await makeTempDirectory('apt');
  const options = await privateApt(directory.path, suite, architecture, mirrors);
  const run = (program: string, args: readonly string[]): Promise<CommandResult> =>
    runCommand(program, [...options, '-q', ...args], { env: { ...env, LC_ALL: 'C' }, signal });

  const update = await run('apt-get', ['update']);
  // it warns and ends with 0 when a source cannot be reached
  if (update.exitCode !== 0 || /^[WE]: (?:Failed to fetch|Some index files)/m.test(update.stderr))
    throw unreachable(suite, mirrors, update.stderr);

  const list = async (names: readonly string[]): Promise<LockedPackage[]> => {
    const result = await run('apt-get', ['install', '-y', '--print-uris', '--', ...names]);
    const stdout = result.stdout.toString('utf8');
    const found = result.exitCode === 0 ? parsePrintUris(stdout, mirrors) : [];
    const there = new Set(found.map(({ name }) => name));
    if (result.exitCode === 0 && names.every((name) => name.startsWith('?') || there.has(name))) return found;
    const known = (await run('apt-cache', ['pkgnames'])).stdout.toString('utf8').split('\n');
    const taken = whatAptTook(stdout);
    const missing = missingPackages(names, new Set(known), taken, result);
    if (missing.length > 0) throw noSuchPackage(suite, missing, known, taken);
    throw unresolved(suite, names, result.stderr);
  };
  const packages = await list(['?essential', ...request.packages]);
  return { kernel: await findKernel(suite, architecture, list), packages };
}

/** A name that no package has may be one that others provide, or a pattern for apt, which then takes others. */
function missingPackages(
  names: readonly string[],
  known: ReadonlySet<string>,
  taken: ReadonlyMap<string, string[]>,
  { stderr }: CommandResult,
): string[] {
  const said = new Set([...stderr.matchAll(UNKNOWN)].map(([, name, virtual]) => name ?? virtual));
  return names.filter(
    (name) => !name.startsWith('?') && (said.has(name) || taken.has(name) || !known.has(name)),
  );
}

const UNKNOWN = /^E: (?:Unable to locate package (\S+)|Package '(\S+)' has no installation candidate)/gm;

/** @returns by a name that is no package's own: what apt has taken for it, or would */
function whatAptTook(stdout: string): Map<string, string[]> {
  const taken = new Map<string, string[]>();
  for (const [, one = '', name = ''] of stdout.matchAll(SELECTING))
    taken.set(name, [...(taken.get(name) ?? []), one]);
  for (const [, name = '', list = ''] of stdout.matchAll(PROVIDED))
    taken.set(
      name,
      [...list.matchAll(/^ +(\S+)/gm)].map(([, one = '']) => one),
    );
  return taken;
}

const SELECTING = /^Note, selecting '(\S+)' (?:instead of|for \S+) '(\S+)'/gm;
const PROVIDED = /^Package (\S+) is a virtual package provided by:\n((?: +\S.*\n)+)/gm;

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

function noSuchPackage(
  suite: string,
  missing: readonly string[],
  known: readonly string[],
  taken: ReadonlyMap<string, string[]>,
): DewarError {
  const told = missing.map((name) => {
    const near = [...new Set([...(taken.get(name)?.slice(0, 4) ?? []), ...nearNames(name, known)])];
    return near.length === 0 ? name : `${name} (there is ${near.join(', ')})`;
  });
  return new DewarError({
    code: 'NO_SUCH_PACKAGE',
    message: `Debian ${suite} has no package ${told.join('; ')}`,
    mend: 'correct the name where it was given (packages of the config, --package), or build from another suite with --suite',
  });
}

function unresolved(suite: string, names: readonly string[], stderr: string): DewarError {
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
