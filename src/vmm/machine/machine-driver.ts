import { join, posix } from 'node:path';
import { cacheDirectory } from '../../platform/cache-directory.ts';
import { digestFile } from '../../platform/durable-files.ts';
import type { Repository } from '../../platform/git-repository.ts';
import { sweepContentTrees, takeContentTree } from '../content-tree.ts';
import type { ContentTree } from '../content-tree.ts';
import type {
  DriverCapabilities,
  DriverContext,
  DriverProbe,
  Machine,
  MachinePlace,
  VmmDriver,
} from '../driver.ts';
import type { OpenTap } from '../tap-source.ts';
import type { TapNetwork } from '../workspace-driver.ts';
import { FROZEN_RECORD } from './freeze/frozen-machine.ts';
import { guestCommands } from './guest-commands.ts';
import { changedInGuest, checkOutInGuest, GUEST_TREE } from './guest-repository.ts';
import type { MachineContext } from './machine-context.ts';
import type { MachineImage } from './machine-image.ts';
import { machinesDirectory } from './machines-directory.ts';
import { sweepMachines } from './sweep-machines.ts';
import type { VirtualMachine } from './virtual-machine.ts';

export interface MachineDriverOptions {
  name: string;
  capabilities: DriverCapabilities;
  env: Readonly<Record<string, string>>;
  /** The image that machines are made of. */
  image: () => Promise<MachineImage>;
  probe(context: MachineContext): Promise<DriverProbe>;
  /** Boots a machine, and waits until it can be used by ssh. */
  create(spec: NewMachine, context: MachineContext): Promise<VirtualMachine>;
  /** Brings back what was frozen into a bundle, as a machine of its own. */
  restore(bundle: string, spec: MachineOf, context: MachineContext): Promise<VirtualMachine>;
  /** Makes the TAPs of a VMM that has no network of its own; undefined: it has. */
  openTap?: OpenTap | undefined;
  /** Whether a new machine reaches the network; one that is brought back never does: what it works with is pushed into it. */
  network: 'open' | 'off';
  /** Variables of the guest's programs that are other than those of an image's root. */
  guestEnv?: Readonly<Record<string, string>>;
}

export interface MachineOf {
  image: MachineImage;
  /** In force; there where `openTap` is. */
  tap: TapNetwork | undefined;
}

export interface NewMachine extends MachineOf {
  /** It will be frozen. */
  freezable: boolean;
}

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

/** Guests of a VMM: frozen with the build tool's server in their memory, brought back any number of times at once. */
export function machineDriver(options: MachineDriverOptions): VmmDriver {
  const { name, capabilities, env } = options;
  const cache = cacheDirectory(env);
  const machineContext = ({ emit, signal }: DriverContext): MachineContext => ({
    env,
    root: machinesDirectory(env, name),
    emit,
    signal,
  });
  return {
    name,
    capabilities,
    probe: () => options.probe(machineContext({ emit: () => undefined })),

    async place(): Promise<MachinePlace> {
      const { id } = await options.image();
      return { digest: id, summary: 'image', env: { ...GUEST_ENV, ...options.guestEnv } };
    },

    async create({ repository, snapshot }, context) {
      return withTree(cache, repository, async (tree) => {
        const image = await options.image();
        const { vm, close } = await withTap(options.network, context, (tap) =>
          options.create({ image, freezable: snapshot !== undefined, tap }, machineContext(context)),
        );
        return guestMachine(vm, { tree, repository, warm: false, close });
      });
    },

    async restore({ repository, snapshot }, context) {
      return withTree(cache, repository, async (tree) => {
        const image = await options.image();
        const { vm, close } = await withTap('off', context, (tap) =>
          options.restore(snapshot.directory, { image, tap }, machineContext(context)),
        );
        return guestMachine(vm, { tree, repository, warm: true, close });
      });
    },

    // All that there is of a snapshot is in its bundle.
    forget: () => Promise.resolve(),

    async sweep(_, context) {
      await sweepMachines(machineContext(context));
      await sweepContentTrees(cache);
    },
  };

  /** @returns the machine, and what removes its network after it */
  async function withTap(
    reach: 'open' | 'off',
    context: DriverContext,
    make: (tap: TapNetwork | undefined) => Promise<VirtualMachine>,
  ): Promise<{ vm: VirtualMachine; close: () => Promise<void> }> {
    const held = await options.openTap?.(reach, context);
    const close = async (): Promise<void> => held?.[Symbol.asyncDispose]();
    try {
      return { vm: await make(held?.network), close };
    } catch (error) {
      // What made it fail is what counts.
      await close().catch(() => undefined);
      throw error;
    }
  }
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

interface GuestParts {
  tree: ContentTree;
  repository: Repository;
  warm: boolean;
  /** Removes what is the machine's, once it has ended. */
  close: () => Promise<void>;
}

function guestMachine(vm: VirtualMachine, { tree, repository, warm, close }: GuestParts): Machine {
  let over = false;
  const end = async (work: () => Promise<void>): Promise<void> => {
    if (over) return;
    over = true;
    try {
      await work();
    } finally {
      await close().finally(() => tree.release());
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
