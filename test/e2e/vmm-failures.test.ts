import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConsumeReport } from '../../src/snapshot/report.ts';
import { GUEST_TREE } from '../../src/vmm/machine/guest-repository.ts';
import { temporaryDirectory, testRepository } from '../support/git-repository.ts';
import { cannotBuild, guestImage } from '../support/guest-image.ts';
import { DEWAR } from '../support/image-cli.ts';
import { leftOf } from '../support/left-of.ts';
import { linkImage } from '../support/link-image.ts';
import { networkNamespace } from '../support/network-namespace.ts';
import { standInGraph } from '../support/stand-in-graph.ts';
import type { Misdeed } from '../support/vmm-servers/control.ts';
import { installStandIns } from '../support/vmm-servers/install-stand-ins.ts';
import type { StandIns } from '../support/vmm-servers/install-stand-ins.ts';
import { noStandInGuest } from '../support/vmm-servers/stand-in-machine.ts';

const why = noStandInGuest ?? (cannotBuild === undefined ? undefined : `no image ${cannotBuild}`);

/** Calls that only a restore makes. */
const DRIVERS = [
  { driver: 'firecracker', load: 'PUT /snapshot/load', later: 'PATCH /drives/root' },
  { driver: 'cloud-hypervisor', load: 'PUT /api/v1/vm.restore', later: 'PUT /api/v1/vm.resume' },
] as const;

describe.skipIf(why !== undefined).each(DRIVERS)(
  `consume when $driver, for which a stand-in stands, fails (skipped: ${why ?? 'never'})`,
  ({ driver, load, later }) => {
    const opened: AsyncDisposable[] = [];
    let standIns: StandIns;
    let cache: string;
    let consume: (...more: string[]) => Promise<{ report: ConsumeReport; impacted: string }>;

    beforeAll(async () => {
      const directory = await temporaryDirectory();
      const repository = await testRepository();
      opened.unshift(directory, repository);
      const at = (name: string): string => join(directory.path, name);
      const [base, target] = await standInGraph(repository);
      const image = await guestImage();
      cache = at('cache');
      await linkImage(image, cache);
      standIns = await installStandIns(directory.path, { guests: true });
      const network = await networkNamespace(at('stand-ins'));
      opened.unshift(network);
      await network.ip('link', 'set', 'lo', 'up');
      // Nothing of this host's network is touched.
      const program = await network.wrap(process.execPath, 'node');
      const env = {
        DEWAR_CACHE_DIR: cache,
        DEWAR_JAILER: 'no',
        DEWAR_FIRECRACKER: standIns.programs.firecracker,
        DEWAR_CLOUD_HYPERVISOR: standIns.programs['cloud-hypervisor'],
        XDG_RUNTIME_DIR: at('run'),
      };
      const common = ['--workspace', repository.path, '--store', at('store'), '--driver', driver];
      const guest = ['--image', image.id, '--bazel', join(GUEST_TREE, 'stand-in')];
      const machine = ['--mem-mib', '256', '--vcpus', '1'];
      const dewar = (args: readonly string[]): ReturnType<typeof execa> =>
        execa(program, [DEWAR, ...args, ...common, ...guest, ...machine], { env });
      consume = async (...more) => {
        const files = ['--out', at('out'), '--json', at('report')];
        await dewar(['consume', '--target-sha', target, ...files, ...more]);
        const report = JSON.parse(await readFile(at('report'), 'utf8')) as ConsumeReport;
        return { report, impacted: await readFile(at('out'), 'utf8') };
      };
      await dewar(['record', '--base-sha', base]);
    });

    afterAll(async () => {
      for (const resource of opened) await resource[Symbol.asyncDispose]();
    });

    test.each<[string, Misdeed]>([
      [load, 'fault'],
      [load, 'drop'],
      [load, 'die'],
      [later, 'fault'],
      [later, 'stall'],
      [later, 'die'],
    ])('%s: %s: the cold answer, and nothing is left', async (call, does) => {
      standIns.control.order([{ call, does }]);
      const { report, impacted } = await consume('--tier', 'thawed');
      standIns.control.order([]);
      expect(standIns.control.entries()).toContainEqual(expect.objectContaining({ call }));
      expect(report).toMatchObject({ tier: 'cold', reason: 'restore-failed' });
      expect(impacted).toBe('//:one\n//:one.txt\n');
      expect(await leftOf(cache)).toEqual([]);
    });
  },
);
