import { openSync } from 'node:fs';
import type { Refusal } from './api-description.ts';
import type { ApiAnswer, ApiHandler } from './api-server.ts';
import { cannotOpen } from './cannot-open.ts';
import { readSnapshot, writeSnapshot } from './cloud-hypervisor-snapshot.ts';
import type { StandInHost } from './open-stand-in.ts';
import type { MachineParts, StandInMachine } from './stand-in-machine.ts';
import { textOf } from './text-of.ts';
import { memorySize, validateVm } from './validate-vm.ts';
import type { VmConfig } from './validate-vm.ts';
import { namedDevices, withDefaults } from './vm-defaults.ts';

export interface CloudHypervisorHost extends StandInHost {
  version: string;
  /** @returns why a configuration that comes from a file is none; undefined when it is one */
  refusesConfig(config: unknown): string | undefined;
  /** Connects to a vhost-user socket, and stays connected. @throws when nobody listens */
  connectVhostUser(socket: string): Promise<void>;
  /** Milliseconds that a guest takes to let go of a device. */
  ejectMs: number;
}

type State = 'Created' | 'Running' | 'Paused' | 'Shutdown';
type Body = Record<string, unknown>;

const OK: ApiAnswer = { status: 204 };
const NOT_FOUND = 404;
const CONFLICT = 409;
const BAD_REQUEST = 400;

/** What Cloud Hypervisor's `vmm/src/lib.rs` allows when, in its words; behind it stands no machine but what `host.start` makes. */
export function cloudHypervisorHandler(host: CloudHypervisorHost): ApiHandler {
  let config: VmConfig | undefined;
  let state: State = 'Created';
  let machine: StandInMachine | undefined;
  /** The VM exists: it was booted or restored. */
  let owned = false;
  let tick = 0;
  let devices: readonly string[] = [];
  let console: number | undefined;

  const calls: Record<string, (body: Body) => ApiAnswer | Promise<ApiAnswer>> = {
    'GET vmm.ping': () => ({
      status: 200,
      body: { build_version: host.version, version: host.version, pid: process.pid, features: ['kvm'] },
    }),
    'PUT vmm.shutdown': () => ({ ...OK, after: () => host.exit(0) }),
    'GET vm.info': () =>
      config === undefined
        ? fault(NOT_FOUND, 'The VM info is not available', 'VM is not created')
        : {
            status: 200,
            body: {
              config,
              state,
              memory_actual_size: memorySize(config),
              ...(owned && { device_tree: Object.fromEntries(devices.map((id) => [id, { id }])) }),
            },
          },
    'PUT vm.create': (body) => {
      if (config !== undefined) return fault(500, 'The VM could not be created', 'VM is already created');
      config = withDefaults(body as unknown as VmConfig);
      const why = openConsole(config);
      // As in the real one, what was stored stays.
      return why === undefined ? OK : fault(500, 'The VM could not be created', ...why);
    },
    'PUT vm.boot': async () => {
      if (owned) return cannotBoot('VM is already created');
      if (config === undefined) return fault(NOT_FOUND, 'The VM could not boot', 'VM config is missing');
      const invalid = validateVm(config);
      if (invalid !== undefined)
        return fault(
          invalid.isConflict ? CONFLICT : BAD_REQUEST,
          'The VM could not boot',
          'Failed to validate config',
          invalid.why,
        );
      const { kernel, initramfs } = config.payload;
      if (kernel !== undefined && cannotOpen(kernel) !== undefined)
        return cannotBoot('Cannot open kernel file', cannotOpen(kernel) ?? '');
      if (initramfs !== undefined && cannotOpen(initramfs) !== undefined)
        return cannotBoot('Cannot open initramfs file', cannotOpen(initramfs) ?? '');
      const why = await openDevices(config);
      if (why !== undefined) return cannotBoot('Error from device manager', ...why);
      await run(config);
      return OK;
    },
    'PUT vm.pause': async () => {
      if (!owned) return fault(500, 'The VM could not be paused', 'VM is not running');
      if (state !== 'Running')
        return badTransition('The VM could not be paused', 'Cannot pause VM', 'Paused');
      await machine?.pause();
      state = 'Paused';
      return OK;
    },
    'PUT vm.resume': async () => {
      if (!owned || config === undefined) return fault(500, 'The VM could not resume', 'VM is not running');
      if (state !== 'Paused') return badTransition('The VM could not resume', 'Cannot resume VM', 'Running');
      if (machine === undefined) await run(config);
      else await machine.resume();
      state = 'Running';
      return OK;
    },
    'PUT vm.snapshot': async ({ destination_url: url }) => {
      if (!owned || config === undefined) return cannotSnapshot('VM is not running');
      if (state !== 'Paused')
        return cannotSnapshot(
          'Cannot snapshot VM',
          'Failed to snapshot migratable component',
          'Trying to snapshot while VM is running',
        );
      const now = machine === undefined ? tick : machine.tick();
      const why = await writeSnapshot(textOf(url), config, { tick: now, devices });
      return why === undefined
        ? OK
        : cannotSnapshot('Cannot send VM snapshot', 'Failed to send migratable component snapshot', why);
    },
    'PUT vm.restore': async (body) => {
      if (owned || config !== undefined) return cannotRestore('VM is already created');
      if (body['prefault'] === true && body['memory_restore_mode'] === 'OnDemand')
        return fault(
          BAD_REQUEST,
          'The VM could not be restored',
          'Failed to validate config',
          "'prefault' cannot be combined with 'memory_restore_mode=ondemand'",
        );
      const found = await readSnapshot(textOf(body['source_url']));
      if ('why' in found)
        return cannotRestore(
          'Cannot restore VM',
          'Failed to receive migratable component snapshot',
          found.why,
        );
      const unreadable = host.refusesConfig(found.config);
      if (unreadable !== undefined)
        return cannotRestore('Cannot restore VM', 'Error deserialising VM config snapshot', unreadable);
      const named = namedDevices(found.config);
      const other = named.find((id) => !found.state.devices.includes(id));
      if (other !== undefined || named.length !== found.state.devices.length)
        return cannotRestore(
          'Cannot restore VM',
          `the snapshot has other devices: ${found.state.devices.join(', ')}`,
        );
      const why = openConsole(found.config) ?? (await openDevices(found.config));
      if (why !== undefined) return cannotRestore('Error from device manager', ...why);
      config = found.config;
      ({ tick, devices } = found.state);
      owned = true;
      state = 'Paused';
      if (body['resume'] !== true) return OK;
      await run(config);
      return OK;
    },
    'PUT vm.power-button': () => {
      if (!owned) return fault(500, 'Error triggering power button', 'VM is not running');
      // A guest that is stopped sees it when it goes on.
      return { ...OK, after: () => void (state === 'Running' && machine?.powerOff()) };
    },
    'PUT vm.shutdown': () => {
      if (!owned) return fault(500, 'The VM could not shutdown', 'VM is not running');
      shutDown();
      return OK;
    },
    'PUT vm.delete': () => {
      shutDown();
      config = undefined;
      return OK;
    },
    'PUT vm.add-disk': (disk) => plug('The disk could not be added to the VM', 'disks', disk),
    'PUT vm.add-fs': (fs) => plug('The fs could not be added to the VM', 'fs', fs),
    'PUT vm.add-net': (net) => plug('The network device could not be added to the VM', 'net', net),
    'PUT vm.remove-device': ({ id }) => {
      const cannot = 'The device could not be removed from the VM';
      const gone = textOf(id);
      if (config === undefined) return fault(NOT_FOUND, cannot, 'VM is not created');
      if (!devices.includes(gone))
        return fault(NOT_FOUND, cannot, 'Error from device manager', `Unknown device id: ${gone}`);
      setTimeout(() => {
        devices = devices.filter((device) => device !== gone);
        if (config === undefined) return;
        config = {
          ...config,
          disks: without(gone, config.disks),
          fs: without(gone, config.fs),
          net: without(gone, config.net),
        };
      }, host.ejectMs);
      return OK;
    },
    'PUT vm.resize': (body) => {
      if (config === undefined) return fault(NOT_FOUND, 'The VM could not be resized', 'VM is not created');
      if (typeof body['desired_balloon'] === 'number' && config.balloon !== undefined)
        config.balloon = { ...config.balloon, size: body['desired_balloon'] };
      return OK;
    },
  };

  async function plug(cannot: string, list: 'disks' | 'fs' | 'net', device: Body): Promise<ApiAnswer> {
    if (config === undefined) return fault(NOT_FOUND, cannot, 'VM is not created');
    const id = textOf(device['id'] ?? `_${list}${devices.length}`);
    const wanted = { ...config, [list]: [...(config[list] ?? []), { ...device, id }] };
    const invalid = validateVm(wanted);
    if (invalid !== undefined)
      return fault(
        invalid.isConflict ? CONFLICT : BAD_REQUEST,
        cannot,
        'Failed to validate config',
        invalid.why,
      );
    if (!owned) {
      config = wanted;
      return OK;
    }
    const why = await openDevices({
      ...config,
      disks: [],
      fs: [],
      net: [],
      vsock: undefined,
      [list]: [device],
    });
    if (why !== undefined) return fault(500, cannot, 'Error from device manager', ...why);
    config = wanted;
    devices = [...devices, id];
    const slot = devices.length.toString(16).padStart(2, '0');
    return { status: 200, body: { id, bdf: `0000:00:${slot}.0` } };
  }

  function openConsole({ serial }: VmConfig): string[] | undefined {
    if (serial?.file === undefined) return undefined;
    const why = cannotOpen(serial.file, 'a');
    if (why !== undefined) return ['Error creating console devices', why];
    console = openSync(serial.file, 'a');
    return undefined;
  }

  /** @returns why one of the devices cannot be, as a chain */
  async function openDevices(wanted: Partial<VmConfig>): Promise<string[] | undefined> {
    for (const { path, readonly } of wanted.disks ?? []) {
      const why = path === undefined ? 'there is no path' : cannotOpen(path, readonly === true ? 'r' : 'r+');
      if (why !== undefined) return ['Failed to open disk path', `Disk path: ${path}`, why];
    }
    for (const { tap } of wanted.net ?? [])
      if (tap !== undefined && !host.isTap(tap))
        return [
          'Cannot create virtio-net device',
          'Failed to open taps',
          'Open tap device failed',
          `No such device ${tap}`,
        ];
    for (const { socket } of wanted.fs ?? []) {
      try {
        await host.connectVhostUser(socket);
      } catch (error) {
        return [
          'Cannot create virtio-fs device',
          'Failed to connect to vhost-user socket',
          (error as Error).message,
        ];
      }
    }
    if (wanted.vsock !== undefined) {
      try {
        await host.listenVsock(wanted.vsock.socket);
      } catch {
        return [
          'Cannot create virtio-vsock backend',
          'Error binding to the host-side Unix socket',
          'Address in use (os error 98)',
        ];
      }
    }
    return undefined;
  }

  async function run(vm: VmConfig): Promise<void> {
    machine = await host.start({ ...partsOf(vm, tick), console });
    devices = namedDevices(vm);
    owned = true;
    state = 'Running';
  }

  function shutDown(): void {
    if (owned) machine?.kill();
    machine = undefined;
    owned = false;
    state = 'Created';
    devices = [];
  }

  function badTransition(what: string, chain: string, to: State): ApiAnswer {
    const component = chain.includes('pause') ? 'pause' : 'resume';
    return fault(
      500,
      what,
      chain,
      `Failed to ${component} migratable component`,
      `Invalid transition: InvalidStateTransition(${state}, ${to})`,
    );
  }

  return {
    state: () => (config === undefined ? 'None' : state),
    fault: (message) => fault(500, message),
    refuse: (_method, _path, { kind, why }: Refusal) =>
      kind === 'path'
        ? { status: NOT_FOUND, body: ['Not Found'] }
        : { status: BAD_REQUEST, body: ['Failed to deserialize JSON', why] },
    async handle(method, path, body) {
      const call = `${method} ${path.split('/').at(-1)}`;
      const known = calls[call];
      if (known === undefined) throw new Error(`the stand-in of Cloud Hypervisor does not know ${call} yet`);
      return await known((body ?? {}) as Body);
    },
  };
}

function cannotBoot(...chain: string[]): ApiAnswer {
  return fault(500, 'The VM could not boot', ...chain);
}

function cannotSnapshot(...chain: string[]): ApiAnswer {
  return fault(500, 'The VM could not be snapshotted', ...chain);
}

function cannotRestore(...chain: string[]): ApiAnswer {
  return fault(500, 'The VM could not be restored', ...chain);
}

/** An error's chain, as a list. */
function fault(status: number, ...chain: string[]): ApiAnswer {
  return { status, body: ['Error from API', ...chain] };
}

function partsOf({ disks, net, payload }: VmConfig, tick: number): Omit<MachineParts, 'console'> {
  return {
    disk: disks?.[0]?.path,
    tap: net?.[0]?.tap,
    mac: net?.[0]?.mac,
    bootArgs: payload.cmdline ?? '',
    tick,
  };
}

function without<T extends { id?: string }>(gone: string, list: T[] = []): T[] {
  return list.filter(({ id }) => id !== gone);
}
