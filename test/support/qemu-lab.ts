import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DewarEvent } from '../../src/core/events.ts';
import { DewarError } from '../../src/core/errors.ts';
import type { MachineImage } from '../../src/vmm/machine/machine-image.ts';
import type { CreateSpec } from '../../src/vmm/qemu/create-machine.ts';
import { probeQemuHost } from '../../src/vmm/qemu/host/qemu-host.ts';
import type { QemuHost } from '../../src/vmm/qemu/host/qemu-host.ts';
import type { MachineContext } from '../../src/vmm/machine/machine-context.ts';
import { temporaryDirectory } from './git-repository.ts';
import { cannotBoot, guestImage } from './guest-image.ts';

/** A QEMU and an image with which machines can be tried, or why there are none. */
export type QemuLab = { host: QemuHost; image: MachineImage } | { why: string };

/**
 * Finds QEMU as dewar does, and the image of a profile.
 * @throws for what `DEWAR_REQUIRE_DRIVERS` says must work
 */
export async function findQemuLab(profile = 'minimal'): Promise<QemuLab> {
  const found = await find(profile);
  const required = (process.env['DEWAR_REQUIRE_DRIVERS'] ?? '').split(',').includes('qemu');
  if ('why' in found && required) throw new Error(`DEWAR_REQUIRE_DRIVERS has qemu, but ${found.why}`);
  return found;
}

export interface MachineLab extends MachineContext, AsyncDisposable {
  events: DewarEvent[];
  directory: string;
}

/** @returns what a machine is that boots fast and can be frozen */
export function smallMachine(image: MachineImage): CreateSpec {
  return {
    image,
    machine: 'microvm',
    cpus: 1,
    memoryMiB: 256,
    freezable: true,
    network: { kind: 'user', restrict: true },
  };
}

/** A place for machines, with a cache of its own; what they left is removed with it. */
export async function machineLab(host: QemuHost): Promise<MachineLab> {
  const directory = await temporaryDirectory();
  const events: DewarEvent[] = [];
  return {
    events,
    directory: directory.path,
    env: labEnvironment(host, join(directory.path, 'cache')),
    root: join(directory.path, 'machines'),
    emit: (event) => events.push(event),
    async [Symbol.asyncDispose]() {
      await rm(directory.path, { recursive: true, force: true });
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** @returns an environment in which dewar starts that QEMU, with a cache directory */
export function labEnvironment({ accelerator }: QemuHost, cache: string): Record<string, string> {
  return { ...patientEnvironment(), DEWAR_ACCEL: accelerator, DEWAR_CACHE_DIR: cache };
}

/** Machines without KVM share the host with other tests. */
function patientEnvironment(): Record<string, string> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  return { DEWAR_SLOW: '4', ...env };
}

async function find(profile: string): Promise<QemuLab> {
  if (cannotBoot !== undefined) return { why: `nothing can be booted here ${cannotBoot}` };
  try {
    return { host: await probeQemuHost({ env: patientEnvironment() }), image: await guestImage(profile) };
  } catch (error) {
    if (error instanceof DewarError) return { why: error.message };
    throw error;
  }
}
