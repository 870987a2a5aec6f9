import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Transport } from '../../src/platform/ssh.ts';
import { cacheLab } from '../support/cache-lab.ts';
import type { CacheLab } from '../support/cache-lab.ts';
import { describeTree } from '../support/describe-tree.ts';
import { noLocalRoot } from '../support/local-transport.ts';

let lab: CacheLab;
beforeEach(async () => {
  lab = await cacheLab();
});
afterEach(() => lab[Symbol.asyncDispose]());

async function stopOnceUnpacking(stop: AbortController): Promise<void> {
  while ((await lab.besides()).length === 0) await sleep(5);
  stop.abort();
}

describe.skipIf(noLocalRoot !== undefined)(
  `a cache that cannot be streamed (skipped ${noLocalRoot ?? 'never'})`,
  () => {
    test('files that change, vanish or grow while they are read are left out', async () => {
      for (const one of ['changes', 'vanishes', 'stays', 'shrinks'])
        await writeFile(join(lab.host, one), one.repeat(10_000));
      const meddling: Transport = {
        ...lab.ssh,
        pipe: async (...args) => {
          await writeFile(join(lab.host, 'changes'), 'anew');
          await writeFile(join(lab.host, 'shrinks'), '');
          await rm(join(lab.host, 'vanishes'));
          return lab.ssh.pipe(...args);
        },
      };
      const result = await lab.warm({}, { ssh: meddling });
      expect(result).toMatchObject({ outcome: 'streamed', left_out: { changed: 3 } });
      expect(await readdir(lab.guest)).toEqual(['stays']);
      expect(await lab.warm({ force: true })).toMatchObject({ files: 2 });
      expect((await readdir(lab.guest)).toSorted()).toEqual(['changes', 'shrinks', 'stays']);
    });

    test('an interrupted run leaves what was there, and no sentinel', async () => {
      await writeFile(join(lab.host, 'old'), 'x');
      await lab.warm();
      const before = await describeTree(lab.guest);
      await writeFile(join(lab.host, 'large'), Buffer.alloc(64 << 20, 'x'));
      const stop = new AbortController();
      const stopping: Transport = {
        ...lab.ssh,
        pipe: (...args) => {
          void stopOnceUnpacking(stop);
          return lab.ssh.pipe(...args);
        },
      };
      await expect(lab.warm({ force: true }, { ssh: stopping, signal: stop.signal })).rejects.toMatchObject({
        code: 'INTERRUPTED',
      });
      expect(await describeTree(lab.guest)).toEqual(before);
      expect([existsSync(lab.sentinel), await lab.besides()]).toEqual([false, []]);
      expect(await lab.warm()).toMatchObject({ outcome: 'streamed', files: 1 });
    });

    test('what a killed run has left goes', async () => {
      await mkdir(join(dirname(lab.guest), '.cache.dewar-0123456789ab/x'), { recursive: true });
      await writeFile(join(lab.host, 'a'), 'x');
      await lab.warm();
      expect(await lab.besides()).toEqual([]);
    });

    test('a guest that fails, or says what nobody can understand, is an error', async () => {
      await writeFile(join(lab.host, 'a'), 'x');
      const saying = (exitCode: number, stderr: string): Transport => ({
        ...lab.ssh,
        pipe: (source, _, options) =>
          lab.ssh.pipe(
            source,
            ['sh', '-c', 'echo "$1" >&2; exit "$2"', 'sh', stderr, `${exitCode}`],
            options,
          ),
      });
      await expect(
        lab.warm({}, { ssh: saying(2, 'tar: x: Cannot write: No space left on device') }),
      ).rejects.toMatchObject({
        code: 'NO_SPACE_IN_GUEST',
      });
      await expect(lab.warm({}, { ssh: saying(2, 'tar: broken') })).rejects.toMatchObject({
        code: 'CACHE_FAILED',
        message: expect.stringContaining('tar: broken'),
      });
      const babbling = (words: string): Transport => ({
        ...lab.ssh,
        stream: (_, options) => lab.ssh.stream(['sh', '-c', words], options),
      });
      for (const words of ["printf 'nonsense\\0'", "exec tr '\\0' x </dev/zero"])
        await expect(lab.warm({}, { ssh: babbling(words) })).rejects.toMatchObject({
          code: 'CACHE_FAILED',
          message: expect.stringMatching(/not understood|more than/),
        });
      expect([existsSync(lab.sentinel), existsSync(lab.guest), await lab.besides()]).toEqual([
        false,
        false,
        [],
      ]);
    });

    test('half an archive is an error also where the guest does not notice', async () => {
      await writeFile(join(lab.host, 'a'), 'x');
      const ending = (how: string): Transport => ({
        ...lab.ssh,
        pipe: (source, command, options) => {
          const script = `tar "$@" | head -c 1024; ${how}`;
          return lab.ssh.pipe(
            { ...source, file: 'sh', args: ['-c', script, 'sh', ...source.args] },
            command,
            options,
          );
        },
      });
      const failure = { code: 'CACHE_UNREADABLE', message: expect.stringContaining(lab.host) };
      await expect(lab.warm({}, { ssh: ending('exit 2') })).rejects.toMatchObject(failure);
      await expect(lab.warm({}, { ssh: ending('kill -s KILL $$') })).rejects.toMatchObject(failure);
      expect([existsSync(lab.sentinel), existsSync(lab.guest), await lab.besides()]).toEqual([
        false,
        false,
        [],
      ]);
    });

    test('a guest that reads no more is left at an interruption', async () => {
      await writeFile(join(lab.host, 'large'), Buffer.alloc(1 << 20, 'x'));
      const stop = new AbortController();
      const stuck: Transport = {
        ...lab.ssh,
        pipe: (source, _, options) => {
          setTimeout(() => stop.abort(), 300);
          return lab.ssh.pipe(source, ['sleep', '600'], options);
        },
      };
      await expect(lab.warm({}, { ssh: stuck, signal: stop.signal })).rejects.toMatchObject({
        code: 'INTERRUPTED',
      });
      expect([existsSync(lab.sentinel), existsSync(lab.guest)]).toEqual([false, false]);
    });

    test('where a file is in its place, or the guest is full, nothing is sent', async () => {
      await writeFile(join(lab.host, 'a'), 'x');
      await mkdir(dirname(lab.guest), { recursive: true });
      await writeFile(lab.guest, 'a file');
      await expect(lab.warm()).rejects.toMatchObject({ code: 'CACHE_PLACE' });
      await rm(lab.guest);
      const full: Transport = {
        ...lab.ssh,
        stream: (command, options) =>
          lab.ssh.stream(
            ['sh', '-c', 'mount -t tmpfs -o size=1m none "$0" && exec "$@"', dirname(lab.guest), ...command],
            options,
          ),
        pipe: () => {
          throw new Error('something was sent');
        },
      };
      await expect(lab.warm({}, { ssh: full })).rejects.toMatchObject({ code: 'NO_SPACE_IN_GUEST' });
    });
  },
);
