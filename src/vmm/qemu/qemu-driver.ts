import { join, posix } from 'node:path';
import { QEMU_MACHINES } from '../../core/names.ts';
import { cacheDirectory } from '../../platform/cache-directory.ts';
import { digestFile } from '../../platform/durable-files.ts';
import type { Repository } from '../../platform/git-repository.ts';
import { sweepContentTrees, takeContentTree } from '../content-tree.ts';
import type { ContentTree } from '../content-tree.ts';
import type { DriverContext, Machine, MachinePlace, VmmDriver } from '../driver.ts';
import { createMachine } from './create-machine.ts';
import type { MachineImage, MachineNetwork } from './create-machine.ts';
import { FROZEN_RECORD } from './freeze/frozen-machine.ts';
import { probeQemuDriver } from './probe-qemu-driver.ts';
import { guestCommands } from './guest-commands.ts';
import { changedInGuest, checkOutInGuest, GUEST_TREE } from './guest-repository.ts';
import type { MachineContext } from './machine/machine-context.ts';
import type { VirtualMachine } from './machine/virtual-machine.ts';
import { restoreMachine } from './restore-machine.ts';
import { sweepMachines } from './sweep-machines.ts';

export interface QemuDriverOptions {
  env: Readonly<Record<string, string>>;
  /** The image that machines are made of. */
  image(): Promise<MachineImage>;
  /** Makes a clone a machine of its own, before it serves. */
  refresh(machine: VirtualMachine, context: DriverContext): Promise<void>;
  cpus: number;
  memoryMiB: number;
  /** Bytes. */
  diskSize: number;
  /** Whether a new machine reaches the network; one that is brought back never does. */
  network: 'open' | 'off';
}

/** What a machine works with is pushed into it. */
const NO_NETWORK: MachineNetwork = { kind: 'user', restrict: true };
/** Raised when a machine that an older dewar froze cannot be used any more. */
const GUEST_ABI = 1;
const SERVER_ROOT = '/var/lib/dewar/server';
/** Longer than any machine lives: what is frozen must not end by itself. */
const SERVER_IDLE_SECONDS = 10 * 365 * 24 * 60 * 60;
const SHUTDOWN_DEADLINE_MS = 10_000;
/** git looks at every file. */
const STATUS_DEADLINE_MS = 10 * 60_000;
const GUEST_ENV = {
  HOME: '/root',
  USER: 'root',
  LANG: 'C.UTF-8',
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
};

/** Guests of QEMU: frozen with the build tool's server in their memory, brought back any number of times at once. */
export function qemuDriver(options: QemuDriverOptions): VmmDriver {
  const { env } = options;
  const cache = cacheDirectory(env);
  const machineContext = ({ emit, signal }: DriverContext): MachineContext => ({
    env,
    root: join(cache, ...QEMU_MACHINES),
    emit,
    signal,
  });
  return {
    name: 'qemu',
    capabilities: {
      snapshot: true,
      lazyRestore: true,
      hotplugDisk: false,
      hotplugShare: false,
      network: 'user',
      rootless: true,
    },
    probe: () => probeQemuDriver(machineContext({ emit: () => undefined })),

    async place(): Promise<MachinePlace> {
      const { id } = await options.image();
      return { digest: id, summary: 'image', env: GUEST_ENV };
    },

    async create({ repository, snapshot }, context) {
      const { cpus, memoryMiB, diskSize } = options;
      return withTree(cache, repository, async (tree) => {
        const vm = await createMachine(
          {
            image: await options.image(),
            machine: 'microvm',
            cpus,
            memoryMiB,
            diskSize,
            freezable: snapshot !== undefined,
            network: { kind: 'user', restrict: options.network === 'off' },
          },
          machineContext(context),
        );
        return guestMachine(vm, tree, repository, false);
      });
    },

    async restore({ repository, snapshot }, context) {
      return withTree(cache, repository, async (tree) => {
        const vm = await restoreMachine(
          snapshot.directory,
          {
            image: await options.image(),
            network: NO_NETWORK,
            beforeServing: (machine) => options.refresh(machine, context),
          },
          machineContext(context),
        );
        return guestMachine(vm, tree, repository, true);
      });
    },

    // All that there is of a snapshot is in its bundle.
    forget: () => Promise.resolve(),

    async sweep(_, context) {
      await sweepMachines(machineContext(context));
      await sweepContentTrees(cache);
    },
  };
}

async function withTree(
  cache: string,
  repository: Repository,
  work: (tree: ContentTree) => Promise<Machine>,
): Promise<Machine> {
  const tree = await takeContentTree(cache, repository);
  try {
    return await work(tree);
  } catch (error) {
    await tree.release();
    throw error;
  }
}

function guestMachine(vm: VirtualMachine, tree: ContentTree, repository: Repository, warm: boolean): Machine {
  let over = false;
  const end = async (work: () => Promise<void>): Promise<void> => {
    if (over) return;
    over = true;
    try {
      await work();
    } finally {
      await tree.release();
    }
  };
  const kill = (): Promise<void> => end(() => vm.kill());
  return {
    id: vm.id,
    commands: guestCommands(vm.ssh),
    workspacePath: join(GUEST_TREE, repository.prefix),
    contentPath: tree.path,
    changedPaths: async ({ signal }) => {
      const changed = await changedInGuest(vm.ssh, { signal, deadlineMs: STATUS_DEADLINE_MS });
      return changed.map((path) => posix.relative(repository.prefix, path));
    },
    contentCache: tree.cache,
    serverRoot: SERVER_ROOT,
    scratch: tree.scratch,
    serverIdleSeconds: SERVER_IDLE_SECONDS,
    warm,
    async checkOut(commit, { signal }) {
      await tree.checkOut(commit, signal);
      await checkOutInGuest(vm.ssh, repository, commit, tree.top, { signal });
    },
    async save(directory) {
      const { files, compatibility } = await vm.freeze(directory);
      const record = await digestFile(join(directory, FROZEN_RECORD));
      return {
        files: { ...files, [FROZEN_RECORD]: record },
        hostCompatibility: { ...compatibility },
        guestAbi: GUEST_ABI,
      };
    },
    // It has ended with `save`.
    freeze: () => end(() => Promise.resolve()),
    // A clone has nothing that is worth keeping.
    shutdown: () => (warm ? kill() : end(() => vm.shutdown(SHUTDOWN_DEADLINE_MS))),
    abandon: kill,
    kill,
  };
}
