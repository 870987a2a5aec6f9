import { mkdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { z } from 'zod';
import { DewarError } from '../../../core/errors.ts';
import { endProcess } from '../../../platform/end-process.ts';
import { openSsh } from '../../../platform/ssh.ts';
import { layDownMachine, saveMachine } from '../freeze/save-machine.ts';
import type { FrozenMachine } from '../freeze/frozen-machine.ts';
import { authorize } from './authorize.ts';
import { hotPlug } from './hot-plug.ts';
import { endNow, endsWithin } from './launch-qemu.ts';
import type { RunningQemu } from './launch-qemu.ts';
import { deadline } from './machine-context.ts';
import type { MachineContext } from './machine-context.ts';
import { removeMachine } from './machine-directory.ts';
import type { OwnedDirectory } from './machine-directory.ts';
import { describeSilence } from './machine-end.ts';
import { startShareDaemon } from './share-daemon.ts';
import type { VirtualMachine } from './virtual-machine.ts';

export interface OwnedMachine {
  owned: OwnedDirectory;
  qemu: RunningQemu;
  /** What a snapshot of it says of it; undefined for a machine that cannot be frozen. */
  freezable:
    | { version: { major: number; minor: number }; record: Omit<FrozenMachine, 'files' | 'host_key'> }
    | undefined;
  hardware: VirtualMachine['hardware'];
  /** Where sshd is reached. */
  address: { host: string; port: number };
  /** Milliseconds until the guest's agent must answer. */
  answersWithin: number;
  /** The public host key of a guest that was frozen; ssh refuses another. */
  hostKey?: string;
}

const State = z.object({ status: z.string() });
/** How long QEMU has for each step on the way out. */
const QUIT_MS = 3_000;

/**
 * Waits until a guest with running CPUs answers, gives it a key and connects to it.
 * @throws DewarError GUEST_SILENT, GUEST_UNFIT, GUEST_PANIC, MACHINE_ENDED, SSH_FAILED, INTERRUPTED
 */
export async function ownMachine(machine: OwnedMachine, context: MachineContext): Promise<VirtualMachine> {
  const { owned, qemu, hardware, address } = machine;
  const { paths } = owned;
  const { agent, qmp, process } = qemu;
  const { signal } = context;
  const answer = { deadlineMs: deadline(context, 'answer'), signal };
  const explained = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw await qemu.explain(error);
    }
  };

  await explained(() => untilAwake(machine, context));
  const hostKey = await explained(() => authorize(agent, paths, machine.hostKey, answer));
  const target = { directory: paths.ssh, user: 'root', ...address };
  const connect = { deadlineMs: deadline(context, 'connect'), signal };
  const ssh = await explained(() => openSsh(target, hostKey, connect));
  const limits = { answer, unplug: { deadlineMs: deadline(context, 'unplug'), signal } };
  const plug = hotPlug(qmp, hardware, limits, (share) => startShareDaemon(paths.directory, share, context));

  let removed: Promise<void> | undefined;
  const remove = (): Promise<void> => (removed ??= dispose());
  async function dispose(): Promise<void> {
    qmp[Symbol.dispose]();
    agent[Symbol.dispose]();
    await endNow(process);
    await removeMachine(owned);
  }

  return {
    id: basename(paths.directory),
    pid: process.pid,
    directory: paths.directory,
    logs: { console: paths.console, qemu: paths.output, protocol: paths.protocol },
    hardware,
    ssh,
    agent,
    pause: () => explained(async () => void (await qmp.execute('stop', undefined, answer))),
    resume: () => explained(async () => void (await qmp.execute('cont', undefined, answer))),
    async freeze(directory) {
      if (machine.freezable === undefined)
        throw new DewarError({
          code: 'CANNOT_FREEZE',
          message: `${paths.directory} was made without the wish to freeze it`,
          mend: 'create the machine as freezable; a restored one cannot be frozen again',
        });
      const { record, version } = machine.freezable;
      await mkdir(directory, { recursive: true });
      await ssh.close();
      await explained(() => saveMachine(qemu, paths, context));
      const about = { ...record, host_key: hostKey };
      const frozen = await layDownMachine(paths, directory, about, version, context.env);
      await remove();
      return frozen;
    },
    addDisk: (disk) => explained(() => plug.addDisk(disk)),
    addShare: (share) => explained(() => plug.addShare(share)),
    removeDevice: (id) => explained(() => plug.removeDevice(id)),
    async status() {
      if (process.end !== undefined) return { alive: false, exitCode: process.end.exitCode };
      const state = State.parse(await explained(() => qmp.execute('query-status', undefined, answer)));
      return { alive: true, state: state.status };
    },
    async shutdown(deadlineMs) {
      if (process.end === undefined) {
        await ssh.close();
        // A guest that is stopped cannot hear; one that does not want to is not asked twice.
        await qmp.execute('cont', undefined, answer).catch(() => undefined);
        await agent.powerOff({ deadlineMs: QUIT_MS }).catch(() => undefined);
        if (!(await endsWithin(process, deadlineMs))) {
          await qmp.execute('quit', undefined, { deadlineMs: QUIT_MS }).catch(() => undefined);
          if (!(await endsWithin(process, QUIT_MS))) await endProcess(process.pid);
        }
      }
      await remove();
    },
    kill: remove,
  };
}

async function untilAwake(
  { qemu, owned, answersWithin }: OwnedMachine,
  context: MachineContext,
): Promise<void> {
  try {
    await qemu.agent.synchronize({ deadlineMs: answersWithin, signal: context.signal });
  } catch (error) {
    if (error instanceof DewarError && error.code === 'GUEST_SILENT')
      throw describeSilence(owned.paths, error);
    throw error;
  }
}
