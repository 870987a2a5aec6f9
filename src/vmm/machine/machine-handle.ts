import { mkdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { DewarError } from '../../core/errors.ts';
import { endProcess } from '../../platform/end-process.ts';
import type { Transport } from '../../platform/ssh.ts';
import type { ConnectedVmm } from './connected-vmm.ts';
import { endsWithin } from './end-vmm.ts';
import { explainedBy } from './explained-by.ts';
import type { FrozenMachine } from './freeze/frozen-machine.ts';
import { layDownMachine } from './freeze/lay-down-machine.ts';
import type { SavedState } from './freeze/lay-down-machine.ts';
import type { HotPlug } from './hot-plug.ts';
import { deadline } from './machine-context.ts';
import type { MachineContext } from './machine-context.ts';
import type { MachinePaths } from './machine-paths.ts';
import { isShareServed, startShareProcess } from './shares/share-process.ts';
import { sshShares } from './shares/ssh-shares.ts';
import type { VirtualMachine } from './virtual-machine.ts';

/** What a snapshot says of a machine that can be frozen. */
export interface Freezable {
  record: Omit<FrozenMachine, 'files' | 'host_key' | 'extra'>;
  /**
   * Saves the machine and ends it: memory, state and disk are those of one moment, in which the CPUs stand.
   * @throws DewarError NO_SPACE, FREEZE_FAILED; what the machine's end gives
   */
  save(): Promise<SavedState>;
}

export interface MachineParts {
  paths: MachinePaths;
  vmm: ConnectedVmm;
  hardware: VirtualMachine['hardware'];
  ssh: Transport;
  plug: HotPlug;
  hostKey: string;
  freezable: Freezable | undefined;
  /** Ends the VMM and removes the machine's directory. */
  remove: () => Promise<void>;
  letGo: () => Promise<void>;
}

/** How long the VMM has for each step on the way out. */
const QUIT_MS = 3_000;
const SERVICE_POLL_MS = 100;

/** @returns what can be done with a machine that answers */
export function machineHandle(parts: MachineParts, context: MachineContext): VirtualMachine {
  const { paths, vmm, hardware, ssh, plug, hostKey, freezable, remove } = parts;
  const { agent, process } = vmm;
  const explained = explainedBy(vmm);
  const shares = sshShares(paths.directory, ssh, context);
  return {
    id: basename(paths.directory),
    pid: process.pid,
    directory: paths.directory,
    logs: { console: paths.console, output: paths.output, protocol: paths.protocol },
    hardware,
    ssh,
    agent,
    pause: () => explained(() => vmm.pause()),
    resume: () => explained(() => vmm.resume()),
    async freeze(directory) {
      if (freezable === undefined)
        throw new DewarError({
          code: 'CANNOT_FREEZE',
          message: `${paths.directory} was made without the wish to freeze it`,
          mend: 'create the machine as freezable; a restored one cannot be frozen again',
        });
      await mkdir(directory, { recursive: true });
      await ssh.close();
      const saved = await explained(() => freezable.save());
      const about = { ...freezable.record, host_key: hostKey };
      const frozen = await layDownMachine(saved, directory, about, context.env);
      await remove();
      return frozen;
    },
    addDisk: (disk) => explained(() => plug.addDisk(disk)),
    addShare: (share) => explained(() => plug.addShare(share)),
    removeDevice: (id) => explained(() => plug.removeDevice(id)),
    addSshShare: (share) => explained(() => shares.start(share)),
    addService: ({ id, ...program }) =>
      startShareProcess(
        { directory: paths.directory, id, source: id },
        { ...program, pollMs: SERVICE_POLL_MS, deadlineMs: deadline(context, 'connect') },
        context,
      ),
    removeSshShare: (id) => shares.stop(id),
    isShareServed: (id) => isShareServed({ directory: paths.directory, id, source: '' }),
    async status() {
      if (process.end !== undefined) return { alive: false, exitCode: process.end.exitCode };
      return { alive: true, state: await explained(() => vmm.state()) };
    },
    async shutdown(deadlineMs) {
      if (process.end === undefined) {
        // A guest that is stopped cannot hear; one that does not want to is not asked twice.
        await vmm.resume().catch(() => undefined);
        // It is asked first: this process may die at any moment, and who comes next waits for what was asked.
        const asked = vmm.powerOff({ deadlineMs: QUIT_MS }).catch(() => undefined);
        await ssh.close();
        await asked;
        if (!(await endsWithin(process, deadlineMs))) {
          await vmm.quit({ deadlineMs: QUIT_MS }).catch(() => undefined);
          if (!(await endsWithin(process, QUIT_MS))) await endProcess(process.pid);
        }
      }
      await remove();
    },
    kill: remove,
    letGo: parts.letGo,
  };
}
