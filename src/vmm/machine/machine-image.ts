import { stat } from 'node:fs/promises';
import { DewarError } from '../../core/errors.ts';

/** A kernel and a root disk. Paths are absolute. */
export interface MachineImage {
  /** What a snapshot remembers of it, such as its digest. */
  id: string;
  kernel: string;
  initrd?: string | undefined;
  /** A raw disk that holds a file system; never written to. */
  rootfs: string;
  /** Added to the kernel's command line. */
  kernelArgs?: string;
}

const SECTOR = 512;

/**
 * @param asked bytes
 * @returns size of a machine's disk in bytes, in whole sectors: it holds the image, whatever was asked for
 * @throws DewarError IMAGE_MISSING
 */
export async function diskSizeOf(image: MachineImage, asked = 0): Promise<number> {
  return Math.ceil(Math.max(asked, await sizeOfImage(image)) / SECTOR) * SECTOR;
}

/** @returns size of the image's disk in bytes. @throws DewarError IMAGE_MISSING */
export async function sizeOfImage({ kernel, initrd, rootfs }: MachineImage): Promise<number> {
  let size = 0;
  for (const path of [kernel, initrd, rootfs]) {
    if (path === undefined) continue;
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() !== true)
      throw new DewarError({
        code: 'IMAGE_MISSING',
        message: `${path} of the image is missing`,
        mend: 'build the image: dewar image build',
      });
    size = found.size;
  }
  return size;
}
