import { execa } from 'execa';
import { randomBytes } from 'node:crypto';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { WarmResult } from '../../src/cache/warm-caches.ts';
import { seededRandom } from '../support/edit-script/random.ts';
import { cannotBoot, guestImage } from '../support/guest-image.ts';
import { userOf } from '../support/user-of.ts';
import type { User } from '../support/user-of.ts';
import { workspaceSandbox } from '../support/workspace-sandbox.ts';
import type { WorkspaceSandbox } from '../support/workspace-sandbox.ts';

/** `DEWAR_KILL_SEED` repeats a run, `DEWAR_KILLS` makes it longer. */
const SEED = Number(process.env['DEWAR_KILL_SEED'] ?? Date.now() % 1_000_000);
const KILLS = Number(process.env['DEWAR_KILLS'] ?? 4);
const FILES = 1_500;
const DIGEST = 'find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum';
const SENTINEL = '/var/lib/dewar/caches/tool.store.json';

/** @returns what the last event of progress says */
function sentBytes(events: string): number {
  return Number(/.*"done":(\d+)/s.exec(events)?.[1]);
}

/** It may have been faster than before. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

// One story, in order: each test goes on where the last one was.
describe.skipIf(cannotBoot !== undefined)(
  `a cache that is streamed (skipped ${cannotBoot ?? 'never'})`,
  () => {
    let sandbox: WorkspaceSandbox;
    let user: User;
    let store = '';
    let digest = '';
    const random = seededRandom(SEED);
    const warm = async (...args: string[]): Promise<WarmResult> => {
      const { caches } = await user.json<{ caches: WarmResult[] }>(['tool', 'warm-cache', ...args]);
      const [only] = caches;
      if (only === undefined || caches.length > 1) throw new Error(`${caches.length} caches`);
      return only;
    };
    const inGuest = (): Promise<string> => user.inGuest(`cd ~/.tool/store && ${DIGEST}`);
    const clear = (): Promise<string> => user.inGuest(`sudo rm -rf ~/.tool ${SENTINEL}`);
    const digestStore = async (): Promise<string> =>
      (await execa('sh', ['-c', DIGEST], { cwd: store })).stdout.trim();

    beforeAll(async () => {
      sandbox = await workspaceSandbox(await guestImage('systemd'));
      store = join(sandbox.directory, 'home/.tool/store');
      for (let at = 0; at < FILES; at++) {
        const directory = join(store, `d${at % 40}`);
        await mkdir(directory, { recursive: true });
        await writeFile(join(directory, `f ${at}`), randomBytes(at % 50 === 0 ? 400_000 : 12_000));
      }
      digest = await digestStore();
      await writeFile(join(store, 'a.lock'), '');
      await writeFile(join(store, '.npmrc'), '//registry/:_authToken=hunter2');
      await symlink('/etc/shadow', join(store, 'out'));
      const cache = {
        name: 'store',
        host: { path: '~/.tool/store', overrides: ['TOOL_STORE'] },
        guest: '~/.tool/store',
        exclude: ['**/*.lock'],
      };
      user = userOf(
        sandbox,
        await sandbox.workspace('app', { plugins: [{ name: 'tool', caches: [cache] }] }),
      );
    });

    afterAll(async () => {
      await sandbox?.[Symbol.asyncDispose]();
    });

    test('the config has the hook that streams it, and no mount of it', async () => {
      const config = await user.json<{ mounts: { target: string }[]; hooks: object }>(['config']);
      expect(config.hooks).toMatchObject({
        postUp: [{ run: 'dewar tool warm-cache', origin: 'plugin tool' }],
      });
      expect(config.mounts.map(({ target }) => target)).toEqual(['~/workspace']);
      expect(await user.does(['tool'])).toContain('warm-cache');
      expect(await user.refused(['tool', 'warm-cache'])).toMatchObject({ code: 'WORKSPACE_DOWN' });
    });

    test('the first up brings it, without what does not belong to others', async () => {
      const said = await user.dewar(['up']);
      expect(said).toMatchObject({ exitCode: 0 });
      expect(said.stderr).toContain('warming the store cache');
      expect(await inGuest()).toBe(digest);
      expect(
        await user.inGuest(
          'ls -A ~/.tool ~/.tool/store | grep -v "^d[0-9]"; stat -c "%U %G" ~/.tool ~/.tool/store/d1/*' +
            ' | sort -u',
        ),
      ).toBe('/home/dewar/.tool:\nstore\n\n/home/dewar/.tool/store:\ndewar dewar');
    });

    test('the second up brings nothing', async () => {
      const before = await user.inGuest(`cat ${SENTINEL}`);
      await user.does(['down']);
      await writeFile(join(store, 'd1/later'), 'x');
      const said = await user.dewar(['up']);
      expect(said).toMatchObject({ exitCode: 0 });
      expect(said.stderr).not.toContain('warming the store cache');
      expect(await user.inGuest(`cat ${SENTINEL}`)).toBe(before);
      expect(await warm()).toMatchObject({ outcome: 'warm', files: 0, total_files: FILES });
      expect(await user.does(['tool', 'warm-cache'])).toMatch(/^store: warm since .*, 1,500 files at /);
      expect(await inGuest()).toBe(digest);
    });

    test('by force it brings what came since, and says before what that is', async () => {
      const left_out = { excluded: 1, secrets: 1, links: 1, special: 0, unreadable: 0, changed: 0 };
      expect(await warm('--force', '--dry-run')).toMatchObject({
        outcome: 'planned',
        files: 1,
        bytes: 1,
        left_out,
      });
      expect(await warm('--force')).toMatchObject({ outcome: 'streamed', files: 1, bytes: 1, left_out });
      digest = await digestStore().then(() => inGuest());
      expect(await user.inGuest('cat ~/.tool/store/d1/later')).toBe('x');
      await rm(join(store, 'a.lock'));
      await rm(join(store, '.npmrc'));
      await rm(join(store, 'out'));
      expect(digest).toBe(await digestStore());
    });

    test('another place of this host, names of caches, and what is no place of a cache', async () => {
      expect(await user.refused(['tool', 'warm-cache', '--only', 'stor'])).toMatchObject({
        code: 'NO_SUCH_CACHE',
        mend: 'its caches: store',
      });
      const elsewhere = join(sandbox.directory, 'elsewhere');
      await mkdir(elsewhere);
      const env = { TOOL_STORE: elsewhere };
      const { caches } = await user.json<{ caches: WarmResult[] }>(['tool', 'warm-cache', '-f', '-n'], {
        env,
      });
      expect(caches).toMatchObject([{ host: elsewhere, variable: 'TOOL_STORE', total_files: 0 }]);
      await user.inGuest('mv ~/.tool ~/.moved');
      await user.does(['mount', elsewhere, '~/.tool']);
      expect(await user.refused(['tool', 'warm-cache', '--force'])).toMatchObject({ code: 'CACHE_PLACE' });
      await user.does(['unmount', '~/.tool']);
      await user.inGuest('rmdir ~/.tool && mv ~/.moved ~/.tool');
    });

    test(`killed at ${KILLS} moments: never a half cache with a sentinel, and the next run completes, seed ${SEED}`, async () => {
      await clear();
      const start = performance.now();
      await warm();
      const took = performance.now() - start;
      const outcomes = new Set<string>();
      for (let kill = 0; kill < KILLS; kill++) {
        await clear();
        const running = user.start(['tool', 'warm-cache']);
        // spread over all of it, however few there are
        await sleep((kill * took + random.number(Math.ceil(took))) / KILLS);
        killIfThere(running.pid);
        await running.ended;
        const there = await user.inGuest(
          `cd ~/.tool/store 2>/dev/null && ${DIGEST} || echo nothing; ls ${SENTINEL} 2>/dev/null || echo no sentinel`,
        );
        expect([`nothing\nno sentinel`, `${digest}\nno sentinel`, `${digest}\n${SENTINEL}`]).toContain(there);
        outcomes.add(there);
        expect((await warm()).outcome).toMatch(/^(streamed|warm)$/);
        expect(await inGuest()).toBe(digest);
        expect(await user.inGuest('ls -A ~/.tool')).toBe('store');
      }
      expect(outcomes).toContain('nothing\nno sentinel');
    });

    test('Ctrl-C leaves what was there', async () => {
      await writeFile(join(store, 'large'), Buffer.alloc(300 << 20, 'x'));
      const warming = ['tool', 'warm-cache', '--force', '--progress', 'ndjson'];
      const running = await user.startUntil('"unit":"bytes"', warming);
      // More than lies on the way: the guest's tar has begun.
      await expect.poll(() => sentBytes(running.stderr()), { timeout: 120_000 }).toBeGreaterThan(20e6);
      process.kill(running.pid, 'SIGINT');
      expect(await running.ended).toMatchObject({ exitCode: 130 });
      expect(await inGuest()).toBe(digest);
      expect(await user.inGuest(`ls -A ~/.tool; ls ${SENTINEL} 2>/dev/null || echo none`)).toBe(
        'store\nnone',
      );
      await user.does(['down']);
      expect(await sandbox.leftovers()).toEqual([]);
    });
  },
);
