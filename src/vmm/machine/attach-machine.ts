import { join } from 'node:path';
import { DewarError } from '../../core/errors.ts';
import { endProcess } from '../../platform/end-process.ts';
import { acquireLock } from '../../platform/file-lock.ts';
import { runningProcess, startOfProcess } from '../../platform/running-process.ts';
import type { Transport } from '../../platform/ssh.ts';
import type { BackgroundProcess } from '../../platform/background-process.ts';
import type { ConnectedVmm } from './connected-vmm.ts';
import { explainedBy } from './explained-by.ts';
import type { Hardware } from './hardware.ts';
import { deadline } from './machine-context.ts';
import type { MachineContext } from './machine-context.ts';
import { removeMachine } from './machine-directory.ts';
import { machineHandle } from './machine-handle.ts';
import { machinePaths } from './machine-paths.ts';
import type { MachinePaths } from './machine-paths.ts';
import { readMachineRecord, writeMachineRecord } from './machine-record.ts';
import type { MachineRecord } from './machine-record.ts';
import { openSshOfMachine } from './own-machine.ts';
import { plugLimits } from './plug-limits.ts';
import { processesOfMachine } from './processes-of-machine.ts';
import type { VirtualMachine } from './virtual-machine.ts';

const REMOVE_DEADLINE_MS = 30_000;
const LOOK_AGAIN_MS = 200;

/** A machine that another process made and left. */
export interface LeftMachine {
  /** Of the VMM. */
  pid: number;
  record: MachineRecord | undefined;
}

/**
 * Looks for a machine that outlived its maker.
 * @param id of the machine
 * @returns undefined when it is gone; its directory may still be there, for `endMachine`
 * @throws DewarError MACHINE_RECORD_DAMAGED
 */
export async function findMachine(id: string, context: MachineContext): Promise<LeftMachine | undefined> {
  const paths = machinePaths(join(context.root, id));
  const [pid] = await processesOfMachine(paths);
  return pid === undefined ? undefined : { pid, record: await readMachineRecord(paths) };
}

/** Connects to a VMM that runs already. @throws DewarError MACHINE_ENDED, NO_ANSWER (also while another process is connected), INTERRUPTED */
export type ConnectVmm = (
  process: BackgroundProcess,
  paths: MachinePaths,
  hardware: Hardware,
  context: MachineContext,
) => Promise<ConnectedVmm>;

/**
 * Connects to a machine that outlived its maker. One process at a time may be connected: the caller sees to that.
 * @throws DewarError MACHINE_GONE, MACHINE_RECORD_DAMAGED, NO_ANSWER, MACHINE_ENDED, SSH_FAILED, INTERRUPTED
 */
export async function attachMachine(
  id: string,
  connect: ConnectVmm,
  context: MachineContext,
): Promise<VirtualMachine> {
  const paths = machinePaths(join(context.root, id));
  const { pid, record, start } = await running(id, context);
  const process = runningProcess(pid, start);
  const { hardware, address, host_key: hostKey, devices } = record;
  const vmm = await connect(process, paths, hardware, context);
  const explained = explainedBy(vmm);
  try {
    const synchronize = { deadlineMs: deadline(context, 'reach'), signal: context.signal };
    await explained(() => vmm.agent.synchronize(synchronize));
    const plug = vmm.plug({
      ...plugLimits(paths, context),
      devices,
      keep: (now) => writeMachineRecord(paths, { ...record, devices: now }),
    });
    const ssh = await explained(() =>
      openSshOfMachine(paths.ssh, address, hostKey, context, { reuse: true }),
    );
    let removed: Promise<void> | undefined;
    const dispose = async (): Promise<void> => {
      vmm.disconnect();
      await endMachine(id, context);
    };
    const letGo = (): Promise<void> => {
      vmm.disconnect();
      process.letGo();
      return Promise.resolve();
    };
    const remove = (): Promise<void> => (removed ??= dispose());
    return machineHandle(
      { paths, vmm, hardware, ssh, plug, hostKey, freezable: undefined, remove, letGo },
      context,
    );
  } catch (error) {
    vmm.disconnect();
    throw error;
  }
}

/**
 * Connects to a guest by ssh alone, as any number of processes may at a time.
 * @throws DewarError MACHINE_GONE, MACHINE_RECORD_DAMAGED, SSH_FAILED, INTERRUPTED
 */
export async function attachSsh(id: string, user: string, context: MachineContext): Promise<Transport> {
  const { record } = await running(id, context);
  const { ssh } = machinePaths(join(context.root, id));
  return openSshOfMachine(ssh, record.address, record.host_key, context, { user, reuse: true });
}

/** Ends a machine, whatever state it is in, and removes its directory; nothing happens where there is none. */
export async function endMachine(id: string, context: Pick<MachineContext, 'root'>): Promise<void> {
  const paths = machinePaths(join(context.root, id));
  for (const end = performance.now() + REMOVE_DEADLINE_MS; ;) {
    for (const pid of await processesOfMachine(paths)) await endVmm(pid, paths);
    try {
      const lock = await acquireLock(paths.lock, { deadlineMs: LOOK_AGAIN_MS });
      return await removeMachine({ paths, lock });
    } catch (error) {
      // The copy of a maker that died just now may have become the VMM a moment later.
      const held = error instanceof DewarError && error.code === 'LOCK_HELD';
      if (!held || performance.now() > end) throw error;
    }
  }
}

async function endVmm(pid: number, paths: MachinePaths): Promise<void> {
  // A number may have been given to another program since it was found.
  if ((await processesOfMachine(paths)).includes(pid)) await endProcess(pid);
}

async function running(
  id: string,
  context: MachineContext,
): Promise<{ pid: number; start: string; record: MachineRecord }> {
  const found = await findMachine(id, context);
  const start = found && (await startOfProcess(found.pid));
  if (found?.record === undefined || start === undefined)
    throw new DewarError({
      code: 'MACHINE_GONE',
      message: `the machine ${id} does not run any more`,
      mend: 'start it again: dewar up',
    });
  return { pid: found.pid, start, record: found.record };
}
