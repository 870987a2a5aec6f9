import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { elfKernel } from './elf-kernel.ts';

/** Much of it is alike, as code is. */
const VMLINUX = Buffer.concat([Buffer.from('\u007FELF', 'latin1'), Buffer.alloc(100_000, 'a kernel ')]);
let directory = '';
let kernel = '';
let cache = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dewar-kernel-'));
  kernel = join(directory, 'kernel');
  cache = join(directory, 'cache');
});
afterEach(() => rm(directory, { recursive: true }));

/** A bzImage as the kernel's build lays it out: two sectors of setup, code that unpacks, the payload, more code. */
function bzImage(payload: Buffer): Buffer {
  const setup = Buffer.alloc(2 * 512);
  const stub = Buffer.alloc(700, 0x90);
  setup.writeUInt8(1, 0x1f1);
  setup.write('HdrS', 0x202);
  setup.writeUInt16LE(0x020f, 0x206);
  setup.writeUInt32LE(stub.length, 0x248);
  setup.writeUInt32LE(payload.length, 0x24c);
  return Buffer.concat([setup, stub, payload, Buffer.alloc(99, 0x90)]);
}

async function pack(program: string, args: readonly string[]): Promise<Buffer> {
  const { stdout } = await execa(program, args, { input: VMLINUX, encoding: 'buffer' });
  return Buffer.from(stdout);
}

/** As the kernel's build does for all but gzip. */
function withSize(packed: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(VMLINUX.length);
  return Buffer.concat([packed, size]);
}

test('an ELF file is taken as it is', async () => {
  await writeFile(kernel, VMLINUX);
  expect(await elfKernel(kernel, cache)).toBe(kernel);
  expect(await readdir(directory)).toEqual(['kernel']);
});

const PACKERS: [string, string[]][] = [
  ['gzip', ['-c']],
  ['xz', ['--check=crc32', '--x86', '--lzma2=', '-c']],
  ['xz', ['--format=lzma', '-c']],
  ['zstd', ['-c']],
  ['lz4', ['-l', '-c']],
  ['bzip2', ['-c']],
];
const there = await Promise.all(
  PACKERS.map(
    async ([program]) => (await execa(program, ['--version'], { reject: false, input: '' })).exitCode === 0,
  ),
);
test.each(PACKERS.filter((_, index) => there[index]))(
  'what %s %j has packed is unpacked, once',
  async (program, args) => {
    const packed = await pack(program, args);
    await writeFile(kernel, bzImage(program === 'gzip' ? packed : withSize(packed)));
    const path = await elfKernel(kernel, cache);
    expect((await readFile(path)).equals(VMLINUX)).toBe(true);
    expect(await readdir(join(cache, 'kernels'))).toHaveLength(1);
    const before = await stat(path);
    expect(await elfKernel(kernel, cache)).toBe(path);
    expect((await stat(path)).mtimeMs).toBe(before.mtimeMs);
  },
);

test.each([
  ['no kernel at all', Buffer.from('#!/bin/sh\n'), /neither an ELF file nor a bzImage/],
  ['a payload of an unknown kind', bzImage(Buffer.from('unknown')), /neither an ELF file nor a bzImage/],
  [
    'a payload beyond the end',
    bzImage(Buffer.alloc(9)).subarray(0, 1100),
    /neither an ELF file nor a bzImage/,
  ],
  ['a payload that is damaged', bzImage(Buffer.from('1f8b0800', 'hex')), /gzip cannot unpack it/],
])('refuses %s', async (_name, bytes, message) => {
  await writeFile(kernel, bytes);
  await expect(elfKernel(kernel, cache)).rejects.toMatchObject({
    code: 'KERNEL_UNFIT',
    message: expect.stringMatching(message) as string,
  });
  expect(await readdir(directory)).toEqual(['kernel']);
});

test('refuses a payload that is packed well and is no ELF file', async () => {
  const { stdout } = await execa('gzip', ['-c'], { input: 'no kernel', encoding: 'buffer' });
  await writeFile(kernel, bzImage(Buffer.from(stdout)));
  await expect(elfKernel(kernel, cache)).rejects.toMatchObject({ code: 'KERNEL_UNFIT' });
});

test('a kernel that is not there', async () => {
  await expect(elfKernel(kernel, cache)).rejects.toMatchObject({ code: 'IMAGE_MISSING' });
});
