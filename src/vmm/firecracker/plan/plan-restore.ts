import type { ApiRequest } from './api-request.ts';
import { IDS } from './ids.ts';
import { planDrive } from './plan-drive.ts';
import { planState } from './plan-state.ts';

/** Paths are absolute, or relative to the directory in which Firecracker runs. */
export interface RestorePlanInput {
  version: { minor: number };
  state: string;
  memory: { kind: 'file'; path: string } | { kind: 'userfault'; socket: string };
  /** The clone's own. */
  disk: string;
  /** Name of its TAP. */
  tap: string;
  vsock: string;
  /** The guest's clocks go on as if it had run all the time; a host whose KVM cannot do that refuses it. */
  clock: boolean;
}

/** In this order. Between the last two a network policy comes into force. */
export interface RestorePlan {
  load: ApiRequest;
  /** The clone's own disk takes the place of the recorded one. */
  rebind: ApiRequest;
  resume: ApiRequest;
}

/** The first minor versions of 1 that know these. */
const VSOCK_OVERRIDE = 16;
const CLOCK_REALTIME = 16;

/** Only a process that has nothing of a machine yet can load one. */
export function planRestore(input: RestorePlanInput): RestorePlan {
  const { version, state, memory, disk, tap, vsock, clock } = input;
  return {
    load: {
      method: 'PUT',
      path: '/snapshot/load',
      body: {
        snapshot_path: state,
        mem_backend:
          memory.kind === 'file'
            ? { backend_type: 'File', backend_path: memory.path }
            : { backend_type: 'Uffd', backend_path: memory.socket },
        network_overrides: [{ iface_id: IDS.network, host_dev_name: tap }],
        // Before, it lies where the recorded machine had it: relative to the directory, which is another.
        ...(version.minor >= VSOCK_OVERRIDE ? { vsock_override: { uds_path: vsock } } : {}),
        ...(clock && version.minor >= CLOCK_REALTIME ? { clock_realtime: true } : {}),
        resume_vm: false,
      },
    },
    rebind: planDrive(IDS.root, disk),
    resume: planState('Resumed'),
  };
}
