import { chmod, mkdir, readdir, rename, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
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
  const boot = (await readdir(join(unpacked, 'boot'))).find((name) => name.startsWith('vmlinuz-')) ?? '';
  const kernelVersion = boot.slice('vmlinuz-'.length);
  const tree = join(directory, 'overlay');
  const modules = join(tree, 'usr/lib/modules', kernelVersion);
  await mkdir(dirname(modules), { recursive: true });
  const usr = (await readdir(unpacked)).includes('lib') ? '' : 'usr';
  await rename(join(unpacked, usr, 'lib/modules', kernelVersion), modules);
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
  return { tar, kernel: join(unpacked, 'boot', boot), modules, kernelVersion };
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
