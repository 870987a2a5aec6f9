import { chmod, copyFile, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { digestFile } from '../../src/platform/durable-files.ts';
import { makeKeyPair } from '../../src/platform/make-key-pair.ts';
import { GUEST_TREE } from '../../src/vmm/machine/guest-repository.ts';
import { digestsOf } from '../support/digests-of.ts';
import { testRepository } from '../support/git-repository.ts';
import { vmmNotGiven } from '../support/given-vmm.ts';
import { guestImage } from '../support/guest-image.ts';
import { leftOf } from '../support/left-of.ts';
import { standInGraph } from '../support/stand-in-graph.ts';

const DEWAR = fileURLToPath(new URL('../../dist/dewar.js', import.meta.url));
const TAP = 'own0';
const why = vmmNotGiven('firecracker');

test.skipIf(why !== undefined)(
  `the built program records and consumes in a guest of one's own (a script stands in for Bazel; skipped: ${why ?? 'never'})`,
  async () => {
    await using repository = await testRepository();
    const [base, target] = await standInGraph(repository);
    const beside = (name: string): string => join(repository.path, '..', name);
    const image = await guestImage();
    // What the operator has prepared: here an image's disk, with a key that the guest takes.
    await makeKeyPair(beside('key'), 'operator');
    await execa('cp', ['--sparse=always', image.rootfs, beside('rootfs')]);
    await chmod(beside('rootfs'), 0o600);
    for (const command of ['mkdir /root/.ssh', `write ${beside('key.pub')} /root/.ssh/authorized_keys`])
      await execa('debugfs', ['-w', '-R', command, beside('rootfs')]);
    await copyFile(image.kernel, beside('kernel'));
    const asGiven = await digestFile(beside('rootfs'));
    await execa('ip', ['tuntap', 'add', TAP, 'mode', 'tap']);
    await execa('ip', ['address', 'add', '172.16.0.1/30', 'dev', TAP]);
    await execa('ip', ['link', 'set', TAP, 'up']);

    const [store, cache, out, report] = ['store', 'cache', 'out', 'report'].map(beside) as [
      string,
      string,
      string,
      string,
    ];
    const common = ['--workspace', repository.path, '--store', store, '--driver', 'firecracker'];
    const options = {
      kernel: beside('kernel'),
      initrd: image.initrd,
      rootfs: beside('rootfs'),
      'guest-key': beside('key'),
      'tap-device': TAP,
      socket: beside('api'),
      'mem-mib': '512',
      vcpus: '1',
      bazel: join(GUEST_TREE, 'stand-in'),
    };
    const guest = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
    const dewar = (...args: string[]): ReturnType<typeof execa> =>
      execa(process.execPath, [DEWAR, ...args, ...common, ...guest], { env: { DEWAR_CACHE_DIR: cache } });
    const consume = async (...more: string[]): Promise<{ report: unknown; impacted: string }> => {
      await dewar('consume', '--target-sha', target, '--out', out, '--json', report, ...more);
      return { report: JSON.parse(await readFile(report, 'utf8')), impacted: await readFile(out, 'utf8') };
    };
    try {
      await dewar('record', '--base-sha', base);
      const [fingerprint = ''] = (await readdir(store)).filter((name) => /^[0-9a-f]{64}$/.test(name));
      const bundle = join(store, fingerprint, base);
      const before = await digestsOf(bundle);

      const thawed = await consume('--tier', 'thawed');
      expect(thawed).toMatchObject({ report: { tier: 'thawed', base_sha: base } });
      expect(thawed.impacted).toBe('//:one\n//:one.txt\n');
      const cold = await consume('--tier', 'cold', '--base-sha', base);
      expect(cold).toMatchObject({ report: { tier: 'cold' }, impacted: thawed.impacted });
      expect(await digestsOf(bundle)).toEqual(before);
      expect(await digestFile(beside('rootfs'))).toEqual(asGiven);
      expect(await leftOf(cache)).toEqual([]);
      expect(await readdir(beside('.'))).not.toContain('api');
    } finally {
      await execa('ip', ['link', 'delete', TAP]);
    }
  },
);
