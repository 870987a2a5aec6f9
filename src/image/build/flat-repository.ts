import { createHash } from 'node:crypto';
import { copyFile, link, mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { DewarError } from '../../core/errors.ts';
import { runCommand } from '../../platform/run-command.ts';
import { cachedPackage } from '../apt/download-packages.ts';
import type { LockedPackage } from '../lock/package-lock.ts';

export interface RepositoryRequest {
  /** Made here. */
  directory: string;
  /** Of downloaded packages. */
  cache: string;
  suite: string;
  packages: readonly LockedPackage[];
  env: Readonly<Record<string, string>>;
  signal?: AbortSignal | undefined;
}

/**
 * Makes an archive that has exactly the packages of a lock, so that apt cannot choose another. Format: "flat" archive
 * (https://wiki.debian.org/DebianRepository/Format#Flat_Repository_Format); apt checks each package by its digest.
 * @throws DewarError BAD_PACKAGE
 */
export async function makeFlatRepository(request: RepositoryRequest): Promise<void> {
  const { directory, cache, suite, packages } = request;
  await mkdir(directory, { recursive: true, mode: 0o755 });
  const limit = pLimit(cpus().length);
  const stanzas = await Promise.all(
    packages.map((one) =>
      limit(async () => {
        const name = `${one.sha256}.deb`;
        await linkOrCopy(cachedPackage(cache, one), join(directory, name));
        const control = await readControl(join(directory, name), one, request);
        return `${control}\nFilename: ./${name}\nSize: ${one.size}\nSHA256: ${one.sha256}\n`;
      }),
    ),
  );
  const index = stanzas.join('\n');
  await writeFile(join(directory, 'Packages'), index);
  const digest = createHash('sha256').update(index).digest('hex');
  const release = [
    'Origin: dewar',
    `Suite: ${suite}`,
    `Codename: ${suite}`,
    'SHA256:',
    ` ${digest} ${Buffer.byteLength(index)} Packages`,
    '',
  ];
  await writeFile(join(directory, 'Release'), release.join('\n'));
}

async function readControl(
  path: string,
  one: LockedPackage,
  { env, signal }: RepositoryRequest,
): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommand('dpkg-deb', ['--field', path], { env, signal });
  const text = stdout.toString('utf8').trimEnd();
  const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1];
  if (exitCode === 0 && field('Package') === one.name && field('Version') === one.version) return text;
  throw new DewarError({
    code: 'BAD_PACKAGE',
    message: `the package that the lock file names ${one.name}=${one.version} is ${
      exitCode === 0 ? `${field('Package')}=${field('Version')}` : `no package: ${stderr.trim()}`
    }`,
    mend: 'the lock file was edited: take it from version control again, or run `dewar update`',
  });
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch(() => copyFile(from, to));
}
