import { expect, test } from 'vitest';
import type { ApiRequest } from '../../src/vmm/firecracker/plan/api-request.ts';
import { IDS } from '../../src/vmm/firecracker/plan/ids.ts';
import { planAction } from '../../src/vmm/firecracker/plan/plan-action.ts';
import { planBoot } from '../../src/vmm/firecracker/plan/plan-boot.ts';
import type { BootPlanInput } from '../../src/vmm/firecracker/plan/plan-boot.ts';
import { planDrive } from '../../src/vmm/firecracker/plan/plan-drive.ts';
import { planFreeze } from '../../src/vmm/firecracker/plan/plan-freeze.ts';
import { planProbe } from '../../src/vmm/firecracker/plan/plan-probe.ts';
import { planRestore } from '../../src/vmm/firecracker/plan/plan-restore.ts';
import type { RestorePlanInput } from '../../src/vmm/firecracker/plan/plan-restore.ts';
import { planState } from '../../src/vmm/firecracker/plan/plan-state.ts';
import { connectFirecrackerApi } from '../../src/vmm/firecracker/protocol/firecracker-api.ts';
import { checkWithDescription } from '../support/vmm-servers/description-check.ts';
import { planFunctions } from '../support/vmm-servers/plan-functions.ts';
import { recordRequests } from '../support/vmm-servers/recorded-requests.ts';
import { variants } from '../support/vmm-servers/variants.ts';

const BOOTS = variants<BootPlanInput>({
  cpus: [1, 32],
  memoryMiB: [64, 8192],
  boot: variants<BootPlanInput['boot']>({
    kernel: ['/cache/vmlinux'],
    initrd: ['/images/initrd', undefined],
    args: ['', 'dewar.credentials=wait', 'ip=172.16.0.2::172.16.0.1:255.255.255.252::eth0:off'],
  }),
  disk: [
    { path: 'root.raw', durable: false },
    { path: '/w/.dewar/root.image', durable: true },
  ],
  placeholder: [undefined, 'plug.raw'],
  network: [{ tap: 'dewar-03', mac: '06:00:AC:10:00:02' }],
  vsock: ['vsock.sock'],
});

const RESTORES = variants<RestorePlanInput>({
  // The oldest that is taken, those before and with words of their own, and the newest that was tried.
  version: [{ minor: 12 }, { minor: 15 }, { minor: 16 }, { minor: 17 }],
  state: ['/bundle/vmstate'],
  memory: [
    { kind: 'file', path: '/bundle/mem_file' },
    { kind: 'userfault', socket: 'memory.sock' },
  ],
  disk: ['root.raw'],
  tap: ['dewar-07'],
  vsock: ['vsock.sock'],
  clock: [true, false],
});

/** All that each plan can be. */
const PLANS: Record<string, readonly ApiRequest[]> = {
  planBoot: BOOTS.flatMap(planBoot),
  planAction: [planAction('InstanceStart'), planAction('SendCtrlAltDel')],
  planState: [planState('Paused'), planState('Resumed')],
  planDrive: [planDrive(IDS.plug, '/run/disk'), planDrive(IDS.root, 'root.raw')],
  planFreeze: Object.values(planFreeze({ memory: 'mem_file', state: 'vmstate' })),
  planRestore: RESTORES.flatMap((input): ApiRequest[] => Object.values(planRestore(input))),
};
/** What is no request. */
const OTHERS = ['planCommand', 'planProbe'];

test('every request that the driver can make is one of the description, which has each of its fields', async () => {
  await using recorder = await recordRequests({ state: 'Running' });
  using api = await connectFirecrackerApi(recorder.socket, { peer: 'Firecracker', deadlineMs: 10_000 });
  const plans = Object.values(PLANS).flat();
  for (const request of plans) await api.ask(request);
  await api.state();
  expect(recorder.requests).toEqual([...plans, { method: 'GET', path: '/' }]);
  const { refused, missed, spoilt } = await checkWithDescription('firecracker', recorder.requests);
  expect(refused).toEqual([]);
  expect(missed).toEqual([]);
  expect(spoilt).toBeGreaterThan(recorder.requests.length);
});

test('the machine of a file has the parts that requests make', async () => {
  const { drives, ...parts } = planProbe('/tmp/kernel');
  const requests = Object.entries(parts).map(([name, body]) => ({ method: 'PUT', path: `/${name}`, body }));
  const { refused, missed, spoilt } = await checkWithDescription('firecracker', requests);
  expect(drives).toEqual([]);
  expect({ refused, missed }).toEqual({ refused: [], missed: [] });
  expect(spoilt).toBeGreaterThan(requests.length);
});

test('no plan of the driver is left out of that', async () => {
  const folder = new URL('../../src/vmm/firecracker/plan/', import.meta.url);
  expect(await planFunctions(folder)).toEqual([...Object.keys(PLANS), ...OTHERS].toSorted());
});
