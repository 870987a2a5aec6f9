import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { digestsOf } from '../support/digests-of.ts';
import { temporaryDirectory } from '../support/git-repository.ts';
import { GIVEN_VMMS, vmmNotGiven } from '../support/given-vmm.ts';
import { guestImage } from '../support/guest-image.ts';
import { leftOf } from '../support/left-of.ts';
import { linkImage } from '../support/link-image.ts';

const DEWAR = fileURLToPath(new URL('../../dist/dewar.js', import.meta.url));
/** What is asked about; each is one commit on the base. */
const KINDS = ['source', 'bzl'] as const;
/** An emulated CPU takes minutes for the digest of a larger disk. */
const MACHINE = ['--mem-mib', '1536', '--disk-gib', '3', '--vcpus', '1'];
/** Of a Bazel on an emulated CPU: its JIT costs more than it gives. */
const FLAGS = ['--flag=-so=--host_jvm_args=-XX:TieredStopAtLevel=1'];

interface Answer {
  report: unknown;
  impacted: string;
}

describe.each(GIVEN_VMMS)('a real Bazel, in machines of %s with KVM', (driver) => {
  const why = vmmNotGiven(driver);

  test.skipIf(why !== undefined)(
    `record, and consume of each commit as if it had not (skipped: ${why ?? 'never'})`,
    async () => {
      await using directory = await temporaryDirectory();
      const inside = (name: string): string => join(directory.path, name);
      const [project, store, cache] = ['project', 'store', 'cache'].map(inside) as [string, string, string];
      const { stdout } = await dewar('bench', 'generate', '--packages', '6', '--out', project);
      const { base_sha: base, commits } = JSON.parse(stdout) as {
        base_sha: string;
        commits: Record<(typeof KINDS)[number], string>;
      };
      const image = await guestImage('bazel');
      await linkImage(image, cache);
      const common = ['--workspace', project, '--store', store, '--driver', driver, '--image', image.id];
      const env = { DEWAR_CACHE_DIR: cache };
      const ask = (command: string, ...args: string[]): ReturnType<typeof execa> =>
        execa(process.execPath, [DEWAR, command, ...args, ...common, ...MACHINE, ...FLAGS], { env });
      const consume = async (kind: (typeof KINDS)[number], ...more: string[]): Promise<Answer> => {
        const [out, report] = [inside('out'), inside('report')];
        await ask('consume', '--target-sha', commits[kind], '--out', out, '--json', report, ...more);
        return {
          report: JSON.parse(await readFile(report, 'utf8')),
          impacted: await readFile(out, 'utf8'),
        };
      };

      await ask('record', '--base-sha', base);
      const [fingerprint = ''] = (await readdir(store)).filter((name) => /^[0-9a-f]{64}$/.test(name));
      const bundle = join(store, fingerprint, base);
      const before = await digestsOf(bundle);
      for (const kind of KINDS) {
        const thawed = await consume(kind, '--tier', 'thawed');
        expect(thawed.report).toMatchObject({
          tier: 'thawed',
          reason: 'warm-server',
          base_sha: base,
          driver,
        });
        expect(thawed.impacted).not.toBe('');
        const cold = await consume(kind, '--tier', 'cold', '--base-sha', base);
        expect(cold.report).toMatchObject({ tier: 'cold' });
        expect({ kind, impacted: thawed.impacted }).toEqual({ kind, impacted: cold.impacted });
        process.stdout.write(`${driver}, ${kind}: ${JSON.stringify([thawed.report, cold.report])}\n`);
      }
      expect(await digestsOf(bundle)).toEqual(before);
      expect(await leftOf(cache)).toEqual([]);
    },
  );
});

function dewar(...args: string[]): ReturnType<typeof execa<{ encoding: 'utf8' }>> {
  return execa(process.execPath, [DEWAR, ...args], { encoding: 'utf8' });
}
