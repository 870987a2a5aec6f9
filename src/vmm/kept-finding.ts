import { createHash } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import { release } from 'node:os';
import { dirname, join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { cacheDirectory } from '../platform/cache-directory.ts';
import { readIfPresent } from '../platform/read-if-present.ts';

/** A host that works may change by a microcode update or another kernel module, which nothing names. */
const EXPIRY_MS = 24 * 60 * 60 * 1000;

/**
 * Keeps what was found about this host for a day in dewar's cache directory, for the same kernel and /dev/kvm.
 * @param vmm name of a directory there
 * @param ingredients what else it depends on, such as the identity of a program
 * @param isKept false for a finding that is cheap to find again, and may change unseen
 */
export async function keptFinding<T>(
  vmm: string,
  ingredients: readonly string[],
  {
    env,
    schema,
    isKept,
    find,
  }: {
    env: Readonly<Record<string, string>>;
    schema: z.ZodType<T>;
    isKept: (finding: T) => boolean;
    find: () => Promise<T>;
  },
): Promise<T> {
  const key = createHash('sha256')
    .update([...ingredients, release(), await kvmIdentity()].join('\0'))
    .digest('hex');
  const path = join(cacheDirectory(env), vmm, `host-${key.slice(0, 24)}.json`);
  const known = await readKnown(path, schema);
  if (known !== undefined) return known.finding;
  const finding = await find();
  if (isKept(finding)) {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFileAtomic(path, `${JSON.stringify({ at: Date.now(), finding })}\n`);
  }
  return finding;
}

async function readKnown<T>(path: string, schema: z.ZodType<T>): Promise<{ finding: T } | undefined> {
  const bytes = await readIfPresent(path);
  if (bytes === undefined) return undefined;
  try {
    const { at, finding } = z
      .object({ at: z.number(), finding: schema })
      .parse(JSON.parse(bytes.toString('utf8')));
    const age = Date.now() - at;
    return age >= 0 && age < EXPIRY_MS ? { finding } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
    throw error;
  }
}

async function kvmIdentity(): Promise<string> {
  const node = await stat('/dev/kvm').catch(() => undefined);
  return node === undefined ? 'none' : [node.dev, node.ino, node.rdev, node.mode, node.ctimeMs].join(':');
}
