import { expect, test } from 'vitest';
import { planDisk, planShareDevice } from '../../src/vmm/cloud-hypervisor/plan/plan-device.ts';
import { planMachine } from '../../src/vmm/cloud-hypervisor/plan/plan-machine.ts';
import type { MachinePlanInput } from '../../src/vmm/cloud-hypervisor/plan/plan-machine.ts';
import { connectCloudHypervisorApi } from '../../src/vmm/cloud-hypervisor/protocol/cloud-hypervisor-api.ts';
import type { CloudHypervisorApi } from '../../src/vmm/cloud-hypervisor/protocol/cloud-hypervisor-api.ts';
import { checkWithDescription } from '../support/vmm-servers/description-check.ts';
import { planFunctions } from '../support/vmm-servers/plan-functions.ts';
import { recordRequests } from '../support/vmm-servers/recorded-requests.ts';
import { variants } from '../support/vmm-servers/variants.ts';

/** All that each plan can be. */
const PLANS = {
  planMachine: variants<MachinePlanInput>({
    cpus: [1, 254],
    memoryMiB: [64, 8192],
    memory: [
      { kind: 'private' },
      { kind: 'record', path: 'mem_file' },
      { kind: 'restore', path: '/bundle/mem_file' },
    ],
    kernelArgs: ['', 'dewar.credentials=wait'],
    initrd: [true, false],
    disk: ['root.raw', '/w/.dewar/root.image'],
    tap: ['dewar-07'],
    mac: ['02:64:77:61:72:07'],
  }).map(planMachine),
  planDisk: variants<Parameters<typeof planDisk>[0]>({
    id: ['dewar-credentials'],
    path: ['/run/disk'],
    readOnly: [true, false],
  }).map(planDisk),
  planShareDevice: [planShareDevice('src', 'share-src.sock')],
};

type Call = (api: CloudHypervisorApi) => Promise<unknown>;

/** All that the driver can ask for. */
const CALLS: Record<Exclude<keyof CloudHypervisorApi, symbol>, readonly Call[]> = {
  create: PLANS.planMachine.map(
    (config): Call =>
      (api) =>
        api.create(config),
  ),
  boot: [(api) => api.boot()],
  pause: [(api) => api.pause()],
  resume: [(api) => api.resume()],
  snapshot: [(api) => api.snapshot('/m/saved')],
  restore: [(api) => api.restore('/m/restore')],
  info: [(api) => api.info()],
  addDisk: PLANS.planDisk.map(
    (disk): Call =>
      (api) =>
        api.addDisk(disk),
  ),
  addShare: PLANS.planShareDevice.map(
    (share): Call =>
      (api) =>
        api.addShare(share),
  ),
  removeDevice: [(api) => api.removeDevice('disk-creds')],
  powerButton: [(api) => api.powerButton()],
  shutdown: [(api) => api.shutdown()],
};

test('every request that the driver can make is one of the description, which has each of its fields', async () => {
  await using recorder = await recordRequests({ state: 'Running' });
  using api = await connectCloudHypervisorApi(recorder.socket, {
    peer: 'Cloud Hypervisor',
    deadlineMs: 10_000,
  });
  const calls = Object.values(CALLS).flat();
  for (const call of calls) await call(api);
  expect(recorder.requests).toHaveLength(calls.length);
  const { refused, missed, spoilt } = await checkWithDescription('cloud-hypervisor', recorder.requests);
  expect(refused).toEqual([]);
  expect(missed).toEqual([]);
  expect(spoilt).toBeGreaterThan(recorder.requests.length);
});

test('no plan of the driver is left out of that', async () => {
  const folder = new URL('../../src/vmm/cloud-hypervisor/plan/', import.meta.url);
  expect(await planFunctions(folder)).toEqual(Object.keys(PLANS).toSorted());
});
