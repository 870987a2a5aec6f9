import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { DewarError } from '../../core/errors.ts';

/** `qcow2`: a layer over the image; `raw`: a copy of it. */
export type DiskKind = 'qcow2' | 'raw';

/** How a qcow2 file begins, and where an ext4 file system says that it is one. */
const QCOW2 = { at: 0, bytes: Buffer.from('QFI\xFB', 'latin1') };
const EXT4 = { at: 1080, bytes: Buffer.of(0x53, 0xef) };

/**
 * Finds out that a root disk is not of the kind that another driver uses: this one would take it for rubbish, or destroy it.
 * What is absent, or of no kind, is nobody's.
 * @throws DewarError DISK_OF_ANOTHER_DRIVER
 */
export async function assertDiskKind(path: string, kind: DiskKind, driver: string): Promise<void> {
  const found = await kindOf(path);
  if (found === undefined || found === kind) return;
  throw new DewarError({
    code: 'DISK_OF_ANOTHER_DRIVER',
    message: `${path} is a disk in the format ${found}, and the driver ${driver} uses ${kind}`,
    mend: 'begin a new disk: dewar reset, which drops what the machine has on it; or use the driver that made it',
  });
}

async function kindOf(path: string): Promise<DiskKind | undefined> {
  try {
    await using file = await open(path, 'r');
    if (await has(file, QCOW2)) return 'qcow2';
    return (await has(file, EXT4)) ? 'raw' : undefined;
  } catch {
    // Whoever uses it says what is wrong with it.
    return undefined;
  }
}

async function has(file: FileHandle, { at, bytes }: { at: number; bytes: Buffer }): Promise<boolean> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes.length), 0, bytes.length, at);
  return buffer.subarray(0, bytesRead).equals(bytes);
}
