import { access, chmod, mkdir, readdir, rename, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DewarError } from '../../core/errors.ts';
import type { GuestFile } from '../guest-files.ts';
import type { ImagePlan } from '../plan-image.ts';
import type { BuildTools } from './build-tools.ts';
import { runBuildStep } from './run-build-step.ts';

export interface Overlay {
  /** A tar of what is laid over the packages. */
  tar: string;
  /** Path of the kernel. */
  kernel: string;
  /** Path of the directory of its modules. */
  modules: string;
  /** `6.1.0-56-cloud-amd64`: what `uname -r` prints. */
  kernelVersion: string;
}

/**
 * Lays out, below `directory`, what a guest has beside installed packages: dewar's own files, and the kernel's modules.
 * The kernel's packages are only unpacked, as installing it would make an initrd and ask for a boot loader.
 * @throws DewarError IMAGE_DISK_FULL, IMAGE_BUILD_FAILED
 */
export async function makeOverlay(
  plan: ImagePlan,
  kernelPackages: readonly string[],
  directory: string,
  tools: BuildTools,
  signal?: AbortSignal,
): Promise<Overlay> {
  const unpacked = join(directory, 'kernel');
  const step = { tools, signal, directory };
  for (const path of kernelPackages) await runBuildStep(['dpkg-deb', '--extract', path, unpacked], step);
  // the older place, and that of Debian 14
  const from = await findIn(unpacked, ['lib/modules', 'usr/lib/modules']);
  const kernelVersion = (await readdir(from))[0] ?? '';
  const tree = join(directory, 'overlay');
  const modules = join(tree, 'usr/lib/modules', kernelVersion);
  await mkdir(dirname(modules), { recursive: true });
  await rename(join(from, kernelVersion), modules);
  const kernel = join(directory, 'vmlinuz');
  await rename(
    await findIn('/', [join(unpacked, 'boot', `vmlinuz-${kernelVersion}`), join(modules, 'vmlinuz')]),
    kernel,
  );
  for (const file of plan.guest.files) await writeGuestFile(tree, file);
  await writeGuestFile(tree, { ...plan.guest.configure, path: CONFIGURE });
  for (const [path, target] of Object.entries(plan.links)) {
    await mkdir(dirname(join(tree, path)), { recursive: true });
    await symlink(target, join(tree, path));
  }
  const tar = join(directory, 'overlay.tar');
  await runBuildStep(
    ['tar', '--create', `--file=${tar}`, `--directory=${tree}`, ...OWNED_BY_ROOT, '.'],
    step,
  );
  return { tar, kernel, modules, kernelVersion };
}

/** @returns the first of some paths that is there */
async function findIn(root: string, paths: readonly string[]): Promise<string> {
  for (const path of paths.map((one) => join(root, one))) {
    const found = await access(path).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  throw new DewarError({
    code: 'IMAGE_BUILD_FAILED',
    message: `the kernel's packages have none of ${paths.join(', ')}`,
    mend: 'take another --suite; this one packs its kernel in a way that dewar does not know',
  });
}

/** Where the script is while the root file system is made; it removes itself. */
export const CONFIGURE = 'usr/lib/dewar/configure';

const OWNED_BY_ROOT = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mode=u+rwX,go+rX,go-w'];

async function writeGuestFile(tree: string, { path, mode, content }: GuestFile): Promise<void> {
  const to = join(tree, path);
  await mkdir(dirname(to), { recursive: true });
  await writeFile(to, content);
  // writeFile's own mode is subject to the umask
  await chmod(to, mode);
}
