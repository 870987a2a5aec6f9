import { createHash } from 'node:crypto';
import { lstat, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import writeFileAtomic from 'write-file-atomic';
import { cacheDirectory } from '../../../platform/cache-directory.ts';
import { digestFile } from '../../../platform/durable-files.ts';
import { readIfPresent } from '../../../platform/read-if-present.ts';
import type { MachineImage } from '../../machine/machine-image.ts';
import type { OwnGuest, OwnNetwork } from './own-guest.ts';

/** A file that changed so recently may change again within one tick of the file system's clock. */
const RACY_NS = 2_500_000_000n;
const Known = z.strictObject({ stamp: z.string(), sha256: z.string() });

/**
 * @returns the image that a guest of one's own is made of, named by all that is in it and by who works there
 * @throws DewarError NOT_A_REGULAR_FILE; errors of the file system
 */
export async function ownGuestImage(
  own: OwnGuest,
  env: Readonly<Record<string, string>>,
): Promise<MachineImage> {
  const { kernel, initrd, rootfs, user } = own;
  const files = [kernel, rootfs, ...(initrd === undefined ? [] : [initrd])];
  const digests: string[] = [];
  for (const file of files) digests.push(await digestOf(file, env));
  const id = createHash('sha256')
    .update(JSON.stringify(['own-guest', user, ...digests]))
    .digest('hex');
  return { id, kernel, initrd, rootfs, kernelArgs: addressArgument(own.network) };
}

/** @returns the kernel's word for an address that nobody changes: client, server, gateway, mask, name, card, no protocol */
export function addressArgument({ guestIp, hostIp, netmask }: OwnNetwork): string {
  return `ip=${guestIp}::${hostIp}:${netmask}::eth0:off`;
}

/** Files of many GiB are read once, and again when they have changed. */
async function digestOf(path: string, env: Readonly<Record<string, string>>): Promise<string> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await lstat(path, { bigint: true });
  const stamp = [dev, ino, size, mtimeNs, ctimeNs].join(':');
  const note = join(cacheDirectory(env), 'firecracker', 'own-files', hash(path));
  const known = parse(await readIfPresent(note));
  if (known?.stamp === stamp) return known.sha256;
  const { sha256 } = await digestFile(path);
  const changed = mtimeNs > ctimeNs ? mtimeNs : ctimeNs;
  if (BigInt(Date.now()) * 1_000_000n - changed > RACY_NS) {
    await mkdir(dirname(note), { recursive: true, mode: 0o700 });
    await writeFileAtomic(note, JSON.stringify({ stamp, sha256 }));
  }
  return sha256;
}

function parse(bytes: Buffer | undefined): z.infer<typeof Known> | undefined {
  try {
    return bytes === undefined ? undefined : Known.safeParse(JSON.parse(bytes.toString('utf8'))).data;
  } catch {
    // half a file of an older time
    return undefined;
  }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
