import { createHash } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { DewarError } from '../../core/errors.ts';
import { KERNELS } from '../../core/names.ts';
import { errnoOf, isAbsent } from '../../platform/errno.ts';
import { runCommand } from '../../platform/run-command.ts';
import { bzImagePayload, isElf } from './bz-image.ts';

/**
 * Finds a kernel as Firecracker and Cloud Hypervisor load it. One that is packed, as distributions ship it, is unpacked into
 * dewar's cache by the system's own programs, once.
 * @param kernel absolute
 * @param cache dewar's cache directory
 * @returns absolute path of an ELF file (vmlinux)
 * @throws DewarError IMAGE_MISSING, KERNEL_UNFIT, NO_SPACE, COMMAND_NOT_FOUND (xz, zstd, lz4, gzip …), INTERRUPTED
 */
export async function elfKernel(kernel: string, cache: string, signal?: AbortSignal): Promise<string> {
  if (await beginsAsElf(kernel)) return kernel;
  const packed = await readKernel(kernel);
  const payload = bzImagePayload(packed);
  if (payload === undefined) throw unfit(kernel, 'it is neither an ELF file nor a bzImage with a packed one');
  const sha256 = createHash('sha256').update(packed).digest('hex');
  const path = join(cache, KERNELS, sha256);
  if (await beginsAsElf(path)) return path;

  const { program, bytes, size } = payload;
  const { exitCode, stdout, stderr } = await runCommand(program, ['-d', '-c'], { input: bytes, signal });
  if (exitCode !== 0) throw unfit(kernel, `${program} cannot unpack it: ${stderr.trim()}`);
  if (!isElf(stdout) || (size !== undefined && stdout.length !== size))
    throw unfit(kernel, `${program} has unpacked ${stdout.length} bytes that are not its ELF file`);
  await keep(path, stdout, cache);
  return path;
}

/** Whole or not at all. */
async function keep(path: string, bytes: Buffer, cache: string): Promise<void> {
  try {
    await mkdir(join(cache, KERNELS), { recursive: true });
    await writeFileAtomic(path, bytes, { mode: 0o444 });
  } catch (error) {
    const code = errnoOf(error);
    if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error;
    throw new DewarError({
      code: 'NO_SPACE',
      message: `there is no room in ${cache} for an unpacked kernel of ${Math.ceil(bytes.length / 2 ** 20)} MiB`,
      mend: 'make room there; `dewar image rm` removes old images',
      cause: error,
    });
  }
}

/** @returns false also for a file that is not there */
async function beginsAsElf(path: string): Promise<boolean> {
  try {
    await using file = await open(path, 'r');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return isElf(buffer.subarray(0, bytesRead));
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

async function readKernel(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if (!isAbsent(error)) throw error;
    throw new DewarError({
      code: 'IMAGE_MISSING',
      message: `the kernel ${path} is missing`,
      mend: 'build the image: dewar image build',
    });
  }
}

function unfit(kernel: string, why: string): DewarError {
  return new DewarError({
    code: 'KERNEL_UNFIT',
    message: `${kernel} cannot be booted by this driver: ${why}`,
    mend: 'use the kernel of an image of dewar, or a vmlinux',
  });
}
