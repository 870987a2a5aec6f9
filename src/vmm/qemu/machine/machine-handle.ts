import { mkdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { z } from 'zod';
import { DewarError } from '../../../core/errors.ts';
import { endProcess } from '../../../platform/end-process.ts';
import type { Transport } from '../../../platform/ssh.ts';
import { layDownMachine, saveMachine } from '../freeze/save-machine.ts';
import type { FrozenMachine } from '../freeze/frozen-machine.ts';
import type { ConnectedQemu } from './connect-qemu.ts';
import { endsWithin } from './end-qemu.ts';
import type { HotPlug } from './hot-plug.ts';
import { deadline } from './machine-context.ts';
import type { MachineContext } from './machine-context.ts';
import type { MachinePaths } from './machine-paths.ts';
import { isShareServed, startShareProcess } from './share-process.ts';
import { sshShares } from './ssh-shares.ts';
import type { VirtualMachine } from './virtual-machine.ts';

/** What a snapshot says of a machine that can be frozen. */
export interface Freezable {
  version: { major: number; minor: number };
  record: Omit<FrozenMachine, 'files' | 'host_key'>;
}

export interface MachineParts {
  paths: MachinePaths;
  qemu: ConnectedQemu;
  hardware: VirtualMachine['hardware'];
  ssh: Transport;
  plug: HotPlug;
  hostKey: string;
  freezable: Freezable | undefined;
  /** Ends QEMU and removes the machine's directory. */
  remove: () => Promise<void>;
  letGo: () => Promise<void>;
  explained: <T>(work: () => Promise<T>) => Promise<T>;
}

const State = z.object({ status: z.string() });
/** How long QEMU has for each step on the way out. */
const QUIT_MS = 3_000;
const SERVICE_POLL_MS = 100;

/** @returns what can be done with a machine that answers */
export function machineHandle(parts: MachineParts, context: MachineContext): VirtualMachine {
  const { paths, qemu, hardware, ssh, plug, hostKey, freezable, remove, explained } = parts;
  const { qmp, agent, process } = qemu;
  const answer = { deadlineMs: deadline(context, 'answer'), signal: context.signal };
  const shares = sshShares(paths.directory, ssh, context);
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
      if (freezable === undefined)
        throw new DewarError({
          code: 'CANNOT_FREEZE',
          message: `${paths.directory} was made without the wish to freeze it`,
          mend: 'create the machine as freezable; a restored one cannot be frozen again',
        });
      const { record, version } = freezable;
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
      const state = State.parse(await explained(() => qmp.execute('query-status', undefined, answer)));
      return { alive: true, state: state.status };
    },
    async shutdown(deadlineMs) {
      if (process.end === undefined) {
        // A guest that is stopped cannot hear; one that does not want to is not asked twice.
        await qmp.execute('cont', undefined, answer).catch(() => undefined);
        // It is asked first: this process may die at any moment, and who comes next waits for what was asked.
        const asked = agent.powerOff({ deadlineMs: QUIT_MS }).catch(() => undefined);
        await ssh.close();
        await asked;
        if (!(await endsWithin(process, deadlineMs))) {
          await qmp.execute('quit', undefined, { deadlineMs: QUIT_MS }).catch(() => undefined);
          if (!(await endsWithin(process, QUIT_MS))) await endProcess(process.pid);
        }
      }
      await remove();
    },
    kill: remove,
    letGo: parts.letGo,
  };
}
