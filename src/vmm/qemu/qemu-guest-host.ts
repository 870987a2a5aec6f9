import type { DriverContext } from '../driver.ts';
import type { Guest, GuestHost, GuestMoments } from '../guest-host.ts';
import { createMachine } from './create-machine.ts';
import type { MachineNetwork } from './create-machine.ts';
import { probeQemuHost } from './host/qemu-host.ts';
import type { MachineContext } from '../machine/machine-context.ts';
import type { VirtualMachine } from '../machine/virtual-machine.ts';
import { restoreMachine } from './restore-machine.ts';

export interface GuestHostOptions {
  env: Readonly<Record<string, string>>;
  /** Where machines live; made if it is absent. Absolute. */
  root: string;
  /** Makes a clone a machine of its own, before it serves. */
  refresh: (machine: VirtualMachine, context: DriverContext) => Promise<void>;
}

const NO_NETWORK: MachineNetwork = { kind: 'user', restrict: true };

/**
 * Machines of QEMU.
 * @throws DewarError QEMU_MISSING, QEMU_TOO_OLD, QEMU_BROKEN, BAD_ENV; its calls as `createMachine` and `restoreMachine` do
 */
export async function qemuGuestHost(
  { env, root, refresh }: GuestHostOptions,
  { signal }: DriverContext,
): Promise<GuestHost> {
  const { qemu, accelerator, whyNoKvm } = await probeQemuHost({ env, signal });
  const timed = async (
    { emit, signal }: DriverContext,
    make: (context: MachineContext, mark: (moment: keyof GuestMoments) => void) => Promise<VirtualMachine>,
  ): Promise<Guest> => {
    const at: Partial<GuestMoments> = { asked: performance.now() };
    const mark = (moment: keyof GuestMoments): void => {
      at[moment] = performance.now();
    };
    const machine = await make({ env, root, emit, signal, beforeStart: () => mark('started') }, mark);
    return asGuest(machine, momentsOf(at));
  };
  return {
    program: qemu.version.text,
    accelerator,
    whyNoKvm,
    boot: ({ image, memoryMiB, freezable }, context) =>
      timed(context, (machine) =>
        createMachine(
          { image, machine: 'microvm', cpus: 1, memoryMiB, freezable, network: NO_NETWORK },
          machine,
        ),
      ),
    restore: (bundle, image, context) =>
      timed(context, (machine, mark) =>
        restoreMachine(
          bundle,
          {
            image,
            network: NO_NETWORK,
            beforeRunning: () => Promise.resolve(mark('loaded')),
            beforeServing: async (clone) => {
              mark('connected');
              await refresh(clone, context);
            },
          },
          machine,
        ),
      ),
  };
}

/** A machine that boots is ready as soon as it is connected. */
function momentsOf(at: Partial<GuestMoments>): GuestMoments {
  const ready = performance.now();
  const { asked = ready, started = ready, loaded, connected = ready } = at;
  return { asked, started, loaded, connected, ready };
}

function asGuest(machine: VirtualMachine, moments: GuestMoments): Guest {
  return {
    pid: machine.pid,
    moments,
    run: (command, options) => machine.ssh.run(command, options),
    freeze: async (directory) => void (await machine.freeze(directory)),
    kill: () => machine.kill(),
  };
}
