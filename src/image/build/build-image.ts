import { chmod, mkdir, mkdtemp, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Emit } from '../../core/events.ts';
import { IMAGE_FILES, IMAGE_NAMES } from '../../core/names.ts';
import { digestFile, writeDurably } from '../../platform/durable-files.ts';
import type { FileDigest } from '../../platform/durable-files.ts';
import { errnoOf } from '../../platform/errno.ts';
import { removeTree } from '../../platform/remove-tree.ts';
import type { TempDirectory } from '../../platform/temp-dir.ts';
import { downloadPackages } from '../apt/download-packages.ts';
import type { Mirrors } from '../apt/parse-print-uris.ts';
import type { ImagePlan } from '../plan-image.ts';
import { formatImageManifest, GUEST_ABI } from '../store/image-manifest.ts';
import { openImageWriter } from '../store/image-writer.ts';
import { openImage } from '../store/open-image.ts';
import type { Image } from '../store/open-image.ts';
import type { BuildTools } from './build-tools.ts';
import { makeImageFiles } from './make-image-files.ts';
import { imageDiskFull } from './run-build-step.ts';
import { runPhase } from './run-phase.ts';

export interface BuildRequest {
  plan: ImagePlan;
  /** dewar's cache directory. */
  cache: string;
  /** How an image that is there is looked at; by its digests when undefined. */
  check?: 'sizes' | 'digests' | undefined;
  /** Asked for only when something is to be built. */
  tools: () => Promise<BuildTools>;
  /** Asked for only when something is to be downloaded. */
  mirrors: () => Promise<Mirrors>;
  toolVersion: string;
  emit: Emit;
  signal?: AbortSignal | undefined;
}

/**
 * Builds an image, or takes the one that is there; waits for a process that is building it. Nothing is at its place
 * before it is whole.
 * @throws DewarError IMAGE_DISK_FULL, IMAGE_BUILD_FAILED, IMAGE_DAMAGED, IMAGE_TOOLS_MISSING, IMAGE_NEEDS_ROOT,
 *   PACKAGE_GONE, BAD_PACKAGE, MIRROR_UNREACHABLE, NO_DEBIAN_MIRROR, INTERRUPTED
 */
export async function buildImage(request: BuildRequest): Promise<{ image: Image; reused: boolean }> {
  const { plan, cache, emit, signal } = request;
  const onWait = (): void =>
    emit({ type: 'note', message: 'waits for another dewar that builds this image' });
  try {
    await using writer = await openImageWriter(cache, plan.id, { signal, onWait });
    const there = await openImage(cache, plan.id, request.check);
    if (there !== undefined) return { image: there, reused: true };
    const directory = await writer.make();
    await build(request, directory, await request.tools());
    return { image: await writer.seal(), reused: false };
  } catch (error) {
    const errno = errnoOf(error);
    throw errno === 'ENOSPC' || errno === 'EDQUOT' ? imageDiskFull(cache, error) : error;
  }
}

async function build(request: BuildRequest, directory: string, tools: BuildTools): Promise<void> {
  const { plan, cache, mirrors, emit, signal } = request;
  const locked = [...plan.lock.kernel, ...plan.lock.packages];
  const packages = join(cache, IMAGE_NAMES.packages);
  await using scratch = await scratchDirectory(tools, directory);
  await runPhase(emit, 'download', `${locked.length} Debian packages`, async () => {
    const downloads = join(directory, 'downloads');
    await mkdir(downloads);
    const where = { cache: packages, scratch: downloads, mirrors };
    await downloadPackages({ packages: locked, ...where, env: tools.env, emit, signal });
    await removeTree(downloads);
  });
  const make = { plan, packages, scratch: scratch.path, directory, tools, emit, signal };
  const kernelVersion = await makeImageFiles(make);
  await scratch[Symbol.asyncDispose]();
  await runPhase(emit, 'seal', 'checks the image and writes its manifest', async () => {
    const [kernel, initrd, disk] = await Promise.all(
      IMAGE_FILES.map((name) => finishFile(join(directory, name))),
    );
    if (kernel === undefined || initrd === undefined || disk === undefined) return;
    const { profile, suite, architecture } = plan;
    const manifest = formatImageManifest({
      format: 1,
      id: plan.id,
      tool_version: request.toolVersion,
      created_at: new Date().toISOString(),
      profile,
      suite,
      architecture,
      kernel_version: kernelVersion,
      guest_abi: GUEST_ABI,
      packages: plan.lock.packages.map(({ name, version }) => ({ name, version })),
      files: { kernel, initrd, 'rootfs.ext4': disk },
    });
    await writeDurably(join(directory, IMAGE_NAMES.manifest), manifest);
  });
}

/** Everybody may read what many machines share, and nobody write it. */
async function finishFile(path: string): Promise<FileDigest> {
  await chmod(path, 0o444);
  await using file = await open(path, 'r');
  await file.sync();
  return await digestFile(path);
}

/**
 * Without root, what works on the tree has another user id, which may not enter a private directory: such a build works
 * below TMPDIR.
 */
async function scratchDirectory(tools: BuildTools, directory: string): Promise<TempDirectory> {
  const inside = tools.mode === 'root';
  const path = await mkdtemp(join(inside ? directory : tmpdir(), 'dewar-image-'));
  await chmod(path, 0o755);
  return { path, [Symbol.asyncDispose]: () => removeTree(path) };
}
