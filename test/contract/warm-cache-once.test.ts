import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DewarEvent } from '../../src/core/events.ts';
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

function withoutOwn(lines: readonly string[] | undefined): string[] {
  return lines?.filter((line) => !line.startsWith('"own"')) ?? [];
}

describe.skipIf(noLocalRoot !== undefined)(
  `when a cache is streamed (skipped ${noLocalRoot ?? 'never'})`,
  () => {
    test('comes once; by force only what is lacking, and what the guest has besides stays', async () => {
      for (const one of ['a', 'b', 'dir/c']) {
        await mkdir(dirname(join(lab.host, one)), { recursive: true });
        await writeFile(join(lab.host, one), one);
      }
      await mkdir(lab.guest, { recursive: true });
      await writeFile(join(lab.guest, 'own'), 'of the guest');
      await mkdir(join(lab.guest, 'a'));
      expect(await lab.warm({ dryRun: true })).toMatchObject({ outcome: 'planned', files: 3, bytes: 7 });
      expect(await readdir(lab.guest)).toEqual(['a', 'own']);
      expect(await lab.warm()).toMatchObject({ outcome: 'streamed', files: 3, bytes: 7, guest: lab.guest });
      expect(JSON.parse(await readFile(lab.sentinel, 'utf8'))).toMatchObject({
        source: lab.host,
        target: lab.guest,
        files: 3,
      });
      await writeFile(join(lab.host, 'new'), '12');
      await writeFile(join(lab.host, 'b'), 'another b');
      await utimes(join(lab.host, 'a'), 1, 1);
      expect(await lab.warm()).toMatchObject({ outcome: 'warm', files: 0, total_files: 3 });
      expect(existsSync(join(lab.guest, 'new'))).toBe(false);
      expect(await lab.warm({ force: true })).toMatchObject({
        outcome: 'streamed',
        files: 3,
        total_files: 4,
      });
      await writeFile(join(lab.host, 'own'), 'of the guest');
      const [own, kept] = await Promise.all([lab.host, lab.guest].map(describeTree));
      expect(withoutOwn(kept)).toEqual(withoutOwn(own));
      expect(await readFile(join(lab.guest, 'own'), 'utf8')).toBe('of the guest');
      expect(await lab.besides()).toEqual([]);
    });

    test('says how far it is, in bytes and files', async () => {
      for (let at = 0; at < 40; at++) await writeFile(join(lab.host, `f ${at}`), Buffer.alloc(100_000, 'x'));
      const said: DewarEvent[] = [];
      // The guest takes its time: what is said within a moment is said once.
      const slow: Transport = {
        ...lab.ssh,
        pipe: (source, command, options) => {
          const script = '{ for part in 1 2 3 4 5 6 7 8; do head -c 500000; sleep 0.15; done; cat; } | "$@"';
          return lab.ssh.pipe(source, ['sh', '-c', script, 'sh', ...command], options);
        },
      };
      await lab.warm({}, { ssh: slow, emit: (event) => said.push(event) });
      const steps = said.flatMap((event) =>
        event.type === 'progress' && event.unit === 'bytes' ? [event] : [],
      );
      expect(steps.length).toBeGreaterThan(2);
      for (const { done, total, detail } of steps) {
        expect(total).toBe(4_000_000);
        expect(detail).toBe(`${Math.floor(done / 100_864)} of 40 files`);
      }
      expect(steps.map(({ done }) => done)).toEqual(steps.map(({ done }) => done).toSorted((a, b) => a - b));
    });

    test('where this host has none there is nothing to do, until it has one', async () => {
      await rm(lab.host, { recursive: true });
      expect(await lab.warm()).toMatchObject({ outcome: 'absent', files: 0 });
      expect(existsSync(lab.sentinel)).toBe(false);
      await mkdir(lab.host);
      expect(await lab.warm()).toMatchObject({ outcome: 'streamed', files: 0 });
      expect(await lab.warm()).toMatchObject({ outcome: 'warm' });
    });
  },
);
