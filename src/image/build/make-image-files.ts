import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DewarError } from '../../core/errors.ts';
import type { Emit } from '../../core/events.ts';
import { cachedPackage } from '../apt/download-packages.ts';
import type { LockedPackage } from '../lock/package-lock.ts';
import type { ImagePlan } from '../plan-image.ts';
import { bootstrap } from './bootstrap.ts';
import type { BuildTools } from './build-tools.ts';
import { makeFlatRepository } from './flat-repository.ts';
import { makeDisk } from './make-disk.ts';
import { makeInitrd } from './make-initrd.ts';
import { makeOverlay } from './overlay.ts';
import { runPhase } from './run-phase.ts';

export interface ImageFilesRequest {
  plan: ImagePlan;
  /** Directory of the downloaded packages. */
  packages: string;
  /** For all that is not part of the image. */
  scratch: string;
  /** Where the image's files are written, but for its manifest. */
  directory: string;
  tools: BuildTools;
  emit: Emit;
  signal?: AbortSignal | undefined;
}

/**
 * Makes kernel, initrd and disk of an image from downloaded packages.
 * @returns what `uname -r` prints in the guest
 * @throws DewarError IMAGE_DISK_FULL, IMAGE_BUILD_FAILED, BAD_PACKAGE
 */
export async function makeImageFiles(request: ImageFilesRequest): Promise<string> {
  const { plan, packages, scratch, directory, tools, emit, signal } = request;
  const repository = join(scratch, 'repository');
  const work = join(scratch, 'work');
  const tar = join(scratch, 'root.tar');
  await mkdir(work);
  const overlay = await runPhase(
    emit,
    'bootstrap',
    `installs ${plan.lock.packages.length} packages`,
    async () => {
      const { suite } = plan;
      const locked = plan.lock.packages;
      await makeFlatRepository({
        directory: repository,
        cache: packages,
        suite,
        packages: locked,
        env: tools.env,
        signal,
      });
      const laid = await makeOverlay(
        plan,
        plan.lock.kernel.map((one) => cachedPackage(packages, one)),
        work,
        tools,
        signal,
      );
      await bootstrap({ plan, overlay: laid, repository, tar, scratch, tools, emit, signal });
      return laid;
    },
  );
  await runPhase(emit, 'disk', 'makes the root disk and the initrd', async () => {
    const disk = join(directory, 'rootfs.ext4');
    const tree = await makeDisk({ plan, tar, scratch: work, disk, tools, signal });
    assertAsLocked(plan, await readFile(join(tree, 'var/lib/dpkg/status'), 'utf8'));
    const initrd = await makeInitrd(plan, join(tree, 'usr/bin/busybox'), overlay.modules);
    await writeFile(join(directory, 'initrd'), initrd);
    await copyFile(overlay.kernel, join(directory, 'kernel'));
  });
  return overlay.kernelVersion;
}

/** What was installed is what was locked: a package's script may not have added or removed any. */
function assertAsLocked(plan: ImagePlan, status: string): void {
  const installed = new Set(
    status.split('\n\n').flatMap((stanza) => {
      const field = (name: string): string | undefined =>
        new RegExp(`^${name}: (.*)$`, 'm').exec(stanza)?.[1];
      const name = field('Package');
      return name === undefined || field('Status') !== 'install ok installed'
        ? []
        : [spelled(name, field('Version') ?? '')];
    }),
  );
  const locked = new Set(
    plan.lock.packages.map(({ name, version }: LockedPackage) => spelled(name, version)),
  );
  const missing = [...locked].filter((one) => !installed.has(one));
  const added = [...installed].filter((one) => !locked.has(one));
  if (missing.length === 0 && added.length === 0) return;
  throw new DewarError({
    code: 'IMAGE_BUILD_FAILED',
    message: `what was installed is not what the lock names: missing ${missing.join(', ') || 'none'}; added ${added.join(', ') || 'none'}`,
    mend: 'run `dewar update`, and report it if it stays',
  });
}

function spelled(name: string, version: string): string {
  return `${name}=${version}`;
}
