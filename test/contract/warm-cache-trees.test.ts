import { execa } from 'execa';
import fc from 'fast-check';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CACHE_OWNER, cacheLab } from '../support/cache-lab.ts';
import type { CacheLab } from '../support/cache-lab.ts';
import { describeTree } from '../support/describe-tree.ts';
import { plantTree, treeArbitrary } from '../support/generated-tree.ts';
import { noLocalRoot } from '../support/local-transport.ts';

const SEED = Number(process.env['DEWAR_CACHE_SEED'] ?? Date.now() % 1_000_000);
const RUNS = Number(process.env['DEWAR_CACHE_RUNS'] ?? 25);

let lab: CacheLab;
beforeEach(async () => {
  lab = await cacheLab();
});
afterEach(() => lab[Symbol.asyncDispose]());

describe.skipIf(noLocalRoot !== undefined)(
  `the tree of a cache in a guest (skipped ${noLocalRoot ?? 'never'})`,
  () => {
    test(
      `has the tree of the host's, seed ${SEED}`,
      async () => {
        await fc.assert(
          fc.asyncProperty(treeArbitrary, async (nodes) => {
            await lab.clear();
            await plantTree(Buffer.from(lab.host), nodes);
            const result = await lab.warm();
            expect(result.left_out).toEqual({
              excluded: 0,
              secrets: 0,
              links: 0,
              special: 0,
              unreadable: 0,
              changed: 0,
            });
            expect(await describeTree(lab.guest)).toEqual(await describeTree(lab.host));
            expect(await lab.besides()).toEqual([]);
            const owners = await execa('find', [lab.guest, '-mindepth', '1', '-printf', '%U:%G\\n']);
            const owner = `${CACHE_OWNER.uid}:${CACHE_OWNER.gid}`;
            expect(new Set(owners.stdout.split('\n').filter((line) => line !== owner))).toEqual(
              new Set(nodes.length === 0 ? [''] : []),
            );
          }),
          { seed: SEED, numRuns: RUNS },
        );
      },
      RUNS * 10_000,
    );

    test('10,000 entries of one directory, and names deeper than a path may be long at once', async () => {
      await mkdir(join(lab.host, 'many'));
      await Promise.all(
        Array.from({ length: 10_000 }, (_, at) => writeFile(join(lab.host, 'many', `entry ${at}`), `${at}`)),
      );
      const deep = join(lab.host, ...Array.from({ length: 12 }, () => 'd'.repeat(250)));
      await mkdir(deep, { recursive: true });
      await writeFile(join(deep, 'f'), 'deep');
      const result = await lab.warm();
      expect(result).toMatchObject({ outcome: 'streamed', files: 10_001, total_files: 10_001 });
      expect(await describeTree(lab.guest)).toEqual(await describeTree(lab.host));
    });
  },
);
