import { stat } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { hostCompatibility, hostDifferences } from '../../src/vmm/qemu/host/host-compatibility.ts';
import { probeQemuHost } from '../../src/vmm/qemu/host/qemu-host.ts';
import type { QemuHost } from '../../src/vmm/qemu/host/qemu-host.ts';
import { findQemuLab, machineLab } from '../support/qemu-lab.ts';

const lab = await findQemuLab();

describe.skipIf('why' in lab)(`what QEMU can do on this host${'why' in lab ? ` (${lab.why})` : ''}`, () => {
  if ('why' in lab) return;

  test('is found the same by every look, so that a snapshot of one is good for the other', async () => {
    const looks = await Promise.all([lookAfresh(lab.host), lookAfresh(lab.host)]);
    const [one, two] = await Promise.all(looks.map((host) => hostCompatibility(host, 'microvm')));
    if (one === undefined || two === undefined) throw new Error('there are two looks');
    expect(hostDifferences(one, two)).toEqual([]);
    expect(one.tsc_kilohertz).toBeGreaterThan(100_000);
  });

  test(`is to run KVM, and otherwise it is said why not (here: ${lab.host.whyNoKvm ?? 'KVM'})`, async () => {
    const { accelerator, cpu, whyNoKvm } = lab.host;
    const wish = process.env['DEWAR_ACCEL'] ?? '';
    expect(['', accelerator]).toContain(wish);
    const node = await stat('/dev/kvm').catch(() => undefined);
    expect({ accelerator, model: cpu.model, named: cpu.hostModel !== '' }).toEqual(
      accelerator === 'kvm'
        ? { accelerator, model: 'host', named: true }
        : { accelerator: 'tcg', model: 'max', named: false },
    );
    expect(whyNoKvm === undefined).toBe(accelerator === 'kvm' && node?.isCharacterDevice() === true);
  });
});

/** Looks again with an empty cache. A host that has KVM must find it by itself. */
async function lookAfresh(host: QemuHost): Promise<QemuHost> {
  await using own = await machineLab(host);
  const wish = process.env['DEWAR_ACCEL'] === 'tcg' ? 'tcg' : '';
  return await probeQemuHost({ ...own, env: { ...own.env, DEWAR_ACCEL: wish } });
}
