import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { FROZEN_RECORD } from '../../src/vmm/machine/freeze/frozen-machine.ts';
import { GUEST_TREE } from '../../src/vmm/machine/guest-repository.ts';
import { testRepository } from '../support/git-repository.ts';
import { digestsOf } from '../support/digests-of.ts';
import { GIVEN_VMMS, vmmNotGiven } from '../support/given-vmm.ts';
import { guestImage } from '../support/guest-image.ts';
import { leftOf } from '../support/left-of.ts';
import { linkImage } from '../support/link-image.ts';
import { standInGraph } from '../support/stand-in-graph.ts';

const DEWAR = fileURLToPath(new URL('../../dist/dewar.js', import.meta.url));

describe.each(['qemu', ...GIVEN_VMMS] as const)(
  'the built program, with machines of %s and KVM',
  (driver) => {
    const why = driver === 'qemu' ? undefined : vmmNotGiven(driver);

    test.skipIf(why !== undefined)(
      `records, and consumes as if it had not (a script stands in for Bazel; skipped: ${why ?? 'never'})`,
      async () => {
        await using repository = await testRepository();
        const [base, target] = await standInGraph(repository);
        const image = await guestImage();
        const cache = join(repository.path, '..', 'cache');
        await linkImage(image, cache);
        const [store, out, report] = ['store', 'out', 'report'].map((name) =>
          join(repository.path, '..', name),
        ) as [string, string, string];
        const common = ['--workspace', repository.path, '--store', store, '--driver', driver];
        const guest = ['--image', image.id, '--bazel', join(GUEST_TREE, 'stand-in')];
        // an emulated CPU takes minutes for the digest of a larger disk
        const machine = ['--mem-mib', '512', '--disk-gib', '1', '--vcpus', '1'];
        const env = { DEWAR_CACHE_DIR: cache };
        const dewar = (args: readonly string[]): ReturnType<typeof execa> =>
          execa(process.execPath, [DEWAR, ...args, ...common, ...guest, ...machine], { env });
        const consume = async (...more: string[]): Promise<{ report: unknown; impacted: string }> => {
          await dewar(['consume', '--target-sha', target, '--out', out, '--json', report, ...more]);
          return {
            report: JSON.parse(await readFile(report, 'utf8')),
            impacted: await readFile(out, 'utf8'),
          };
        };

        await dewar(['record', '--base-sha', base]);
        const [fingerprint = ''] = (await readdir(store)).filter((name) => /^[0-9a-f]{64}$/.test(name));
        const bundle = join(store, fingerprint, base);
        const record = JSON.parse(await readFile(join(bundle, FROZEN_RECORD), 'utf8')) as object;
        expect(record).toMatchObject(
          driver === 'qemu' ? { compatibility: { accelerator: 'kvm' } } : { driver },
        );
        const before = await digestsOf(bundle);

        const thawed = await consume('--tier', 'thawed');
        expect(thawed.report).toMatchObject({ tier: 'thawed', base_sha: base });
        expect(thawed.impacted).toBe('//:one\n//:one.txt\n');
        const cold = await consume('--tier', 'cold', '--base-sha', base);
        expect(cold.report).toMatchObject({ tier: 'cold' });
        expect(cold.impacted).toBe(thawed.impacted);
        expect(await digestsOf(bundle)).toEqual(before);
        expect(await leftOf(cache)).toEqual([]);
      },
    );
  },
);
