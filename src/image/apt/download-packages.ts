import { mkdir, readdir, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { DewarError } from '../../core/errors.ts';
import type { Emit } from '../../core/events.ts';
import { digestFile } from '../../platform/durable-files.ts';
import { isAbsent } from '../../platform/errno.ts';
import { removeTree } from '../../platform/remove-tree.ts';
import { streamCommand } from '../../platform/stream-command.ts';
import type { LockedPackage } from '../lock/package-lock.ts';
import type { Mirrors } from './parse-print-uris.ts';
import { problemsOf } from './resolve-packages.ts';

const APT_HELPER = '/usr/lib/apt/apt-helper';

export interface DownloadRequest {
  packages: readonly LockedPackage[];
  /** Where .deb files are kept, each named by its sha256; made when absent. */
  cache: string;
  /** An empty directory on the same file system. */
  scratch: string;
  /** Asked for only when something is to be downloaded. */
  mirrors: () => Promise<Mirrors>;
  env: Readonly<Record<string, string>>;
  emit: Emit;
  signal?: AbortSignal | undefined;
}

/** @returns path of a package in the cache */
export function cachedPackage(cache: string, { sha256 }: LockedPackage): string {
  return join(cache, `${sha256}.deb`);
}

/**
 * Gets every package that the cache lacks, and checks the bytes of all.
 * @throws DewarError PACKAGE_GONE, MIRROR_UNREACHABLE, NO_DEBIAN_MIRROR; errors of the file system
 */
export async function downloadPackages(request: DownloadRequest): Promise<void> {
  const { packages, cache, scratch, emit, signal, env } = request;
  await mkdir(cache, { recursive: true });
  const missing: LockedPackage[] = [];
  for (const one of packages) if (!(await isCached(cache, one))) missing.push(one);
  if (missing.length === 0) return;

  const mirrors = await request.mirrors();
  const triplets = missing.flatMap((one) => [
    uriOf(one, mirrors),
    join(scratch, `${one.sha256}.deb`),
    `SHA256:${one.sha256}`,
  ]);
  let done = 0;
  const onChunk = (chunk: Buffer): void => {
    done += chunk.toString('utf8').match(/^Get:/gm)?.length ?? 0;
    emit({ type: 'progress', phase: 'download', done, total: missing.length, unit: 'packages' });
  };
  const args = ['-o', 'APT::Sandbox::User=root', '-o', 'Acquire::Retries=3', 'download-file', ...triplets];
  const { exitCode, stderr } = await streamCommand(APT_HELPER, args, {
    env: { ...env, LC_ALL: 'C' },
    onChunk,
    signal,
  });
  await keep(scratch, cache, missing);
  if (exitCode !== 0) throw await downloadError({ missing, cache, scratch, mirrors, stderr });
}

function uriOf({ archive, path }: LockedPackage, mirrors: Mirrors): string {
  return `${(archive === 'security' ? mirrors.security : undefined) ?? mirrors.debian}/${path}`;
}

/** Moves what came whole into the cache; another process may have been faster. */
async function keep(scratch: string, cache: string, packages: readonly LockedPackage[]): Promise<void> {
  const there = new Set(await readdir(scratch));
  for (const one of packages)
    if (there.has(`${one.sha256}.deb`) && (await isCached(scratch, one)))
      await rename(cachedPackage(scratch, one), cachedPackage(cache, one));
}

async function isCached(cache: string, one: LockedPackage): Promise<boolean> {
  const path = cachedPackage(cache, one);
  try {
    if ((await digestFile(path)).sha256 === one.sha256) return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    if (!(error instanceof DewarError)) throw error;
  }
  await removeTree(path);
  return false;
}

async function downloadError(failed: {
  missing: readonly LockedPackage[];
  cache: string;
  scratch: string;
  mirrors: Mirrors;
  stderr: string;
}): Promise<DewarError> {
  const { missing, cache, scratch, mirrors, stderr } = failed;
  await rm(scratch, { recursive: true, force: true });
  const { bavail, bsize } = await statfs(cache);
  const lacking: LockedPackage[] = [];
  for (const one of missing) if (!(await isCached(cache, one))) lacking.push(one);
  const names = lacking.map(({ name, version }) => `${name}=${version}`);
  const some = names.slice(0, 8).join(', ') + (names.length > 8 ? ` and ${names.length - 8} more` : '');
  if (/No space left on device/.test(stderr) || bavail * bsize < 1 << 20)
    return new DewarError({
      code: 'IMAGE_DISK_FULL',
      message: `no room is left in ${cache} for the packages of the image`,
      mend: 'make room there, or set DEWAR_CACHE_DIR to a directory on a larger file system',
    });
  if (/\b404\b|Hash Sum mismatch|File not found/.test(stderr))
    return new DewarError({
      code: 'PACKAGE_GONE',
      message: `${mirrors.debian} no longer has what the lock file names: ${some}`,
      mend: 'run `dewar update` to lock the versions that it has now, or name an archive that keeps old ones with --mirror',
    });
  return new DewarError({
    code: 'MIRROR_UNREACHABLE',
    message: `${some} could not be downloaded from ${mirrors.debian}: ${problemsOf(stderr)}`,
    mend: 'check the network, or name another archive with --mirror',
  });
}
