import { join } from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { refreshClone } from '../../src/guest/refresh-clone.ts';
import { createMachine } from '../../src/vmm/qemu/create-machine.ts';
import type { MachineContext } from '../../src/vmm/machine/machine-context.ts';
import type { VirtualMachine } from '../../src/vmm/machine/virtual-machine.ts';
import { restoreMachine } from '../../src/vmm/qemu/restore-machine.ts';
import { networkNamespace } from '../support/network-namespace.ts';
import { findQemuLab, machineLab, smallMachine } from '../support/qemu-lab.ts';

const lab = await findQemuLab();
const why = 'why' in lab ? lab.why : process.getuid?.() === 0 ? undefined : 'it needs root';
const HOST = '198.18.0.1';
const GUEST = '198.18.0.2';

/** In a network namespace, so that nothing of this host's network is touched. */
test.skipIf(why !== undefined)(
  `a machine on a TAP is reached by its address, also when it comes back on another TAP (skipped: ${why ?? 'never'})`,
  async () => {
    if ('why' in lab) return;
    await using at = await machineLab(lab.host);
    await using network = await networkNamespace(at.directory);
    const tap = async (name: string): Promise<void> => {
      await network.ip('tuntap', 'add', name, 'mode', 'tap');
      await network.ip('address', 'add', `${HOST}/30`, 'dev', name);
      await network.ip('link', 'set', name, 'up');
    };
    const { stdout: ssh } = await execa('sh', ['-c', 'command -v ssh']);
    await network.wrap(ssh, 'ssh');
    const context: MachineContext = {
      ...at,
      env: { ...at.env, DEWAR_QEMU: await network.wrap(lab.host.qemu.path, 'qemu') },
    };
    const path = process.env['PATH'];
    onTestFinished(() => void (process.env['PATH'] = path));
    process.env['PATH'] = `${network.bin}:${path}`;

    await tap('tap-one');
    const kernelArgs = `ip=${GUEST}::${HOST}:255.255.255.252:::off:`;
    const image = { ...lab.image, kernelArgs };
    const onTap = { network: { kind: 'tap', name: 'tap-one' }, address: GUEST } as const;
    const machine = await createMachine({ ...smallMachine(image), ...onTap }, context);
    const bundle = join(at.directory, 'bundle');
    try {
      expect(await said(machine, `busybox ping -c 1 -W 5 ${HOST} >/dev/null && echo reached`)).toBe(
        'reached',
      );
      await machine.freeze(bundle);
    } finally {
      await machine.kill();
    }

    await network.ip('link', 'delete', 'tap-one');
    await tap('tap-two');
    const order: string[] = [];
    const clone = await restoreMachine(
      bundle,
      {
        image,
        network: { kind: 'tap', name: 'tap-two' },
        address: GUEST,
        beforeRunning: () => Promise.resolve(void order.push('policy')),
        beforeServing: async (restored) => {
          order.push('identity');
          await refreshClone(restored, { hostname: 'two' });
        },
      },
      context,
    );
    try {
      expect(order).toEqual(['policy', 'identity']);
      expect(await said(clone, `busybox ping -c 1 -W 5 ${HOST} >/dev/null && hostname`)).toBe('two');
    } finally {
      await clone.kill();
    }
  },
);

async function said({ ssh }: VirtualMachine, script: string): Promise<string> {
  const { stdout, stderr } = await ssh.run(['sh', '-c', script]);
  return `${stdout.toString()}${stderr}`.trim();
}
