import { z } from 'zod';
import { DewarError } from '../../../core/errors.ts';
import { connectVmmApi } from '../../http/vmm-api.ts';
import type { VmmApi, VmmApiOptions, VmmCallOptions } from '../../http/vmm-api.ts';
import type { DiskConfig, FsConfig, VmConfig } from '../plan/vm-config.ts';

/** The calls of Cloud Hypervisor's API that this driver makes. Each throws what `VmmApi.call` does. */
export interface CloudHypervisorApi extends Disposable {
  create(config: VmConfig, options?: VmmCallOptions): Promise<void>;
  boot(options?: VmmCallOptions): Promise<void>;
  pause(options?: VmmCallOptions): Promise<void>;
  resume(options?: VmmCallOptions): Promise<void>;
  /** @param directory absolute, and empty: gets config.json, state.json, and memory-ranges for memory that is no shared file */
  snapshot(directory: string, options?: VmmCallOptions): Promise<void>;
  /** The CPUs stay stopped. @param directory absolute: has those files */
  restore(directory: string, options?: VmmCallOptions): Promise<void>;
  info(options?: VmmCallOptions): Promise<VmInfo>;
  addDisk(disk: DiskConfig, options?: VmmCallOptions): Promise<void>;
  addShare(share: FsConfig, options?: VmmCallOptions): Promise<void>;
  /** Asks the guest to let go of a device. */
  removeDevice(id: string, options?: VmmCallOptions): Promise<void>;
  powerButton(options?: VmmCallOptions): Promise<void>;
  /** Ends the VMM. */
  shutdown(options?: VmmCallOptions): Promise<void>;
}

export interface VmInfo {
  /** `Created`, `Running`, `Shutdown`, `Paused` or `BreakPoint`. */
  state: string;
  /** Names of the devices that the guest has, also of those that it shall let go of. */
  devices: string[];
}

const Info = z.object({ state: z.string(), device_tree: z.record(z.string(), z.unknown()).nullish() });
const Fault = z.array(z.string()).min(1);

/**
 * Connects to a Cloud Hypervisor, as soon as it listens.
 * @param socket absolute
 * @throws DewarError as `connectVmmApi`
 */
export async function connectCloudHypervisorApi(
  socket: string,
  options: Omit<VmmApiOptions, 'faultOf'>,
): Promise<CloudHypervisorApi> {
  const api = await connectVmmApi(socket, { ...options, faultOf });
  const put = async (action: string, body?: object, call?: VmmCallOptions): Promise<void> =>
    void (await api.call('PUT', `/api/v1/${action}`, body, call));
  return {
    create: (config, call) => put('vm.create', config, call),
    boot: (call) => put('vm.boot', undefined, call),
    pause: (call) => put('vm.pause', undefined, call),
    resume: (call) => put('vm.resume', undefined, call),
    snapshot: (directory, call) => put('vm.snapshot', { destination_url: `file://${directory}` }, call),
    restore: (directory, call) =>
      put('vm.restore', { source_url: `file://${directory}`, resume: false }, call),
    info: (call) => readInfo(api, options.peer, call),
    addDisk: (disk, call) => put('vm.add-disk', disk, call),
    addShare: (share, call) => put('vm.add-fs', share, call),
    removeDevice: (id, call) => put('vm.remove-device', { id }, call),
    powerButton: (call) => put('vm.power-button', undefined, call),
    shutdown: (call) => put('vmm.shutdown', undefined, call),
    [Symbol.dispose]: () => api[Symbol.dispose](),
  };
}

async function readInfo(api: VmmApi, peer: string, call: VmmCallOptions | undefined): Promise<VmInfo> {
  const info = Info.safeParse(await api.call('GET', '/api/v1/vm.info', undefined, call));
  if (info.success) return { state: info.data.state, devices: Object.keys(info.data.device_tree ?? {}) };
  throw new DewarError({
    code: 'BAD_ANSWER',
    message: `${peer} answered vm.info with something else than its description says: ${info.error.message}`,
    mend: 'use a version of it that dewar knows: dewar doctor',
  });
}

/** A refusal is an array: what went wrong, then why, and why that. */
function faultOf(body: unknown): string | undefined {
  return Fault.safeParse(body).data?.join(': ');
}
