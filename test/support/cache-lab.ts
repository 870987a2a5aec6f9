import { execa } from 'execa';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { warmCaches } from '../../src/cache/warm-caches.ts';
import type { WarmIo, WarmRequest, WarmResult } from '../../src/cache/warm-caches.ts';
import type { Transport } from '../../src/platform/ssh.ts';
import { localTransport } from './local-transport.ts';

/** One cache of this host, and a guest that stands in for a machine (`localTransport`). Needs root. */
export interface CacheLab extends AsyncDisposable {
  /** Absolute, as are the others; has all of it. */
  scratch: string;
  /** The cache of this host; empty at first. */
  host: string;
  /** Its place in the guest; not there at first. */
  guest: string;
  /** Of the guest. */
  sentinel: string;
  ssh: Transport;
  warm(request?: Partial<WarmRequest>, io?: Partial<WarmIo>): Promise<WarmResult>;
  /** @returns what is beside its place in the guest */
  besides(): Promise<string[]>;
  /** Makes host and guest empty. */
  clear(): Promise<void>;
}

/** Who owns the caches of the guest. */
export const CACHE_OWNER = { uid: 1234, gid: 2345 } as const;

export async function cacheLab(): Promise<CacheLab> {
  const scratch = await mkdtemp(join(tmpdir(), 'dewar-test-'));
  const host = join(scratch, "the host's");
  const guest = join(scratch, 'home', 'a "guest" $x', 'cache');
  await mkdir(host);
  const ssh = await localTransport(scratch);
  const cache = { name: 'cache', host, variable: undefined, guest, exclude: ['*.lock'], unpacked: [] };
  const canRemove = (): Promise<unknown> => execa('chmod', ['-R', 'u+rwx', scratch]);
  return {
    scratch,
    host,
    guest,
    sentinel: join(scratch, 'var-lib/dewar/caches/tool.cache.json'),
    ssh,
    async warm(request = {}, io = {}) {
      const [result] = await warmCaches(
        { plugin: 'tool', caches: [cache], force: false, dryRun: false, ...request },
        {
          ssh,
          user: { name: 'root', ...CACHE_OWNER },
          lock: join(scratch, 'lock'),
          emit: () => undefined,
          signal: undefined,
          ...io,
        },
      );
      if (result === undefined) throw new Error('no result');
      return result;
    },
    besides: async () =>
      (await readdir(dirname(guest)).catch(() => [] as string[])).filter((name) => name !== 'cache'),
    async clear() {
      await canRemove();
      for (const path of [host, dirname(guest), join(scratch, 'var-lib/dewar')])
        await rm(path, { recursive: true, force: true });
      await mkdir(host);
    },
    async [Symbol.asyncDispose]() {
      await canRemove();
      await rm(scratch, { recursive: true });
    },
  };
}
