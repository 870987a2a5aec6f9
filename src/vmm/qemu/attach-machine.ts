import { join } from 'node:path';
import { DewarError } from '../../core/errors.ts';
import { endProcess } from '../../platform/end-process.ts';
import { acquireLock } from '../../platform/file-lock.ts';
import { processesWithArgument } from '../../platform/processes-with-argument.ts';
import { runningProcess, startOfProcess } from '../../platform/running-process.ts';
import type { Transport } from '../../platform/ssh.ts';
import { connectQemu } from './machine/connect-qemu.ts';
import { hotPlug } from './machine/hot-plug.ts';
import { deadline } from './machine/machine-context.ts';
import type { MachineContext } from './machine/machine-context.ts';
import { removeMachine } from './machine/machine-directory.ts';
import { machineHandle } from './machine/machine-handle.ts';
import { machinePaths } from './machine/machine-paths.ts';
import type { MachinePaths } from './machine/machine-paths.ts';
import { readMachineRecord, writeMachineRecord } from './machine/machine-record.ts';
import type { MachineRecord } from './machine/machine-record.ts';
import { openSshOfMachine } from './machine/own-machine.ts';
import { plugLimits } from './machine/plug-limits.ts';
import type { VirtualMachine } from './machine/virtual-machine.ts';

const REMOVE_DEADLINE_MS = 30_000;
const LOOK_AGAIN_MS = 200;

/** A machine that another process made and left. */
export interface LeftMachine {
  /** Of QEMU. */
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
  const [pid] = await processesWithArgument(paths.pid);
  return pid === undefined ? undefined : { pid, record: await readMachineRecord(paths) };
}

/**
 * Connects to a machine that outlived its maker. One process at a time may be connected: the caller sees to that.
 * @throws DewarError MACHINE_GONE, MACHINE_RECORD_DAMAGED, NO_ANSWER, MACHINE_ENDED, SSH_FAILED, INTERRUPTED
 */
export async function attachMachine(id: string, context: MachineContext): Promise<VirtualMachine> {
  const paths = machinePaths(join(context.root, id));
  const { pid, record, start } = await running(id, context);
  const process = runningProcess(pid, start);
  const qemu = await connectQemu(process, paths, context);
  const { hardware, address, host_key: hostKey, devices } = record;
  const explained = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw await qemu.explain(error);
    }
  };
  try {
    const synchronize = { deadlineMs: deadline(context, 'reach'), signal: context.signal };
    await explained(() => qemu.agent.synchronize(synchronize));
    const plug = hotPlug(qemu.qmp, hardware, {
      ...plugLimits(paths, context),
      devices,
      keep: (now) => writeMachineRecord(paths, { ...record, devices: now }),
    });
    const ssh = await explained(() =>
      openSshOfMachine(paths.ssh, address, hostKey, context, { reuse: true }),
    );
    let removed: Promise<void> | undefined;
    const dispose = async (): Promise<void> => {
      qemu.disconnect();
      await endMachine(id, context);
    };
    const letGo = (): Promise<void> => {
      qemu.disconnect();
      process.letGo();
      return Promise.resolve();
    };
    const remove = (): Promise<void> => (removed ??= dispose());
    return machineHandle(
      { paths, qemu, hardware, ssh, plug, hostKey, freezable: undefined, remove, letGo, explained },
      context,
    );
  } catch (error) {
    qemu.disconnect();
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
    for (const pid of await processesWithArgument(paths.pid)) await endQemu(pid, paths);
    try {
      const lock = await acquireLock(paths.lock, { deadlineMs: LOOK_AGAIN_MS });
      return await removeMachine({ paths, lock });
    } catch (error) {
      // The copy of a maker that died just now may have become QEMU a moment later.
      const held = error instanceof DewarError && error.code === 'LOCK_HELD';
      if (!held || performance.now() > end) throw error;
    }
  }
}

async function endQemu(pid: number, paths: MachinePaths): Promise<void> {
  // A number may have been given to another program since it was found.
  if ((await processesWithArgument(paths.pid)).includes(pid)) await endProcess(pid);
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
