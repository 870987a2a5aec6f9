import { openSync } from 'node:fs';
import type { Refusal } from './api-description.ts';
import type { ApiAnswer, ApiHandler } from './api-server.ts';
import { cannotOpen } from './cannot-open.ts';
import type { StandInMachine, MachineParts } from './stand-in-machine.ts';
import { readSnapshot, writeSnapshot } from './firecracker-snapshot.ts';
import type { SnapshotState } from './firecracker-snapshot.ts';
import { textOf } from './text-of.ts';

/** What the handler needs of its process. */
export interface FirecrackerHost {
  id: string;
  version: string;
  /** Starts what stands for the guest. */
  start(parts: MachineParts): Promise<StandInMachine>;
  /** Listens as a vsock device does. @throws when the path is taken */
  listenVsock(path: string): Promise<void>;
  isTap(name: string): boolean;
  exit(code: number): void;
}

type Body = Record<string, unknown>;

const OK: ApiAnswer = { status: 204 };
const PRE_BOOT_ONLY = 'The requested operation is not supported after starting the microVM.';
const POST_BOOT_ONLY = 'The requested operation is not supported before starting the microVM.';
/** In real Firecracker, the process is too dirty to go on after a failed load. */
const EXIT_AFTER_FAILED_LOAD = 1;

/**
 * What Firecracker's `rpc_interface.rs` allows before and after boot, in its words; behind it stands no machine but what
 * `host.start` makes.
 */
export function firecrackerHandler(host: FirecrackerHost): ApiHandler {
  let state: 'Not started' | 'Running' | 'Paused' = 'Not started';
  /** Something that belongs to booting was configured: nothing can be loaded any more. */
  let bootPath = false;
  let machine: StandInMachine | undefined;
  let config: SnapshotState = {
    memoryMiB: 128,
    cpus: 1,
    drives: [],
    nets: [],
    vsock: undefined,
    bootArgs: '',
    tick: 0,
  };
  let bootSource: Body | undefined;
  const files = { metrics: false, serial: undefined as number | undefined };

  const preBoot: Record<string, (body: Body, id: string) => ApiAnswer | Promise<ApiAnswer>> = {
    'PUT /boot-source': (body) => {
      for (const [field, what] of [
        ['kernel_image_path', 'The kernel file cannot be opened: '],
        ['initrd_path', 'The initrd file cannot be opened due to invalid path or invalid permissions. '],
      ] as const) {
        const why = body[field] === undefined ? undefined : cannotOpen(textOf(body[field]));
        if (why !== undefined) return fault(`Boot source error: ${what}${why}`);
      }
      bootSource = body;
      config = { ...config, bootArgs: textOf(body['boot_args'] ?? '') };
      return OK;
    },
    'PUT /machine-config': (body) => {
      const { vcpu_count: cpus, mem_size_mib: memoryMiB } = body;
      if (body['smt'] === true && Number(cpus) > 1 && Number(cpus) % 2 === 1)
        return fault(
          'Machine config error: The number of vCPUs must be greater than 0, less than 32 and must be 1 or an even number if SMT is enabled.',
        );
      if (memoryMiB === 0)
        return fault(
          'Machine config error: The memory size (MiB) is either 0, or not a multiple of the configured page size.',
        );
      config = { ...config, cpus: Number(cpus), memoryMiB: Number(memoryMiB) };
      return OK;
    },
    'PUT /drives/': (body, id) => {
      const path = textOf(body['path_on_host']);
      const why = cannotOpen(path, body['is_read_only'] === true ? 'r' : 'r+');
      if (why !== undefined)
        return fault(
          `Drive config error: Unable to create the virtio block device: Virtio backend error: Error manipulating the backing file: ${why} ${path}`,
        );
      const isRoot = body['is_root_device'] === true;
      const others = config.drives.filter((drive) => drive.id !== id);
      if (isRoot && others.some((drive) => drive.isRoot))
        return fault('Drive config error: A root block device already exists!');
      config = {
        ...config,
        drives: [...others, { id, path, isRoot, readOnly: body['is_read_only'] === true }],
      };
      return OK;
    },
    'PUT /network-interfaces/': (body, id) => {
      const tap = textOf(body['host_dev_name']);
      if (!host.isTap(tap))
        return fault(`Network config error: Could not create the network device: ${noTap(tap)}`);
      const mac = body['guest_mac'] === undefined ? undefined : textOf(body['guest_mac']);
      const others = config.nets.filter((net) => net.id !== id);
      if (mac !== undefined && others.some((net) => net.mac === mac))
        return fault(`Network config error: The MAC address is already in use: ${mac}`);
      config = { ...config, nets: [...others, { id, tap, mac }] };
      return OK;
    },
    'PUT /vsock': async (body) => {
      const path = textOf(body['uds_path']);
      try {
        await host.listenVsock(path);
      } catch {
        return fault(
          'Vsock config error: Cannot create backend for vsock device: Error binding to the host-side Unix socket: Address in use (os error 98)',
        );
      }
      config = { ...config, vsock: path };
      return OK;
    },
    'PUT /entropy': () => OK,
    'PUT /balloon': () => OK,
  };

  /** Allowed before boot, and before a load too. */
  const always: typeof preBoot = {
    'PUT /logger': (body) => {
      const why = body['log_path'] === undefined ? undefined : cannotOpen(textOf(body['log_path']), 'a');
      if (why !== undefined) return fault(`Logger error: Failed to open target file: ${why}`);
      return OK;
    },
    'PUT /metrics': (body) => {
      const why = files.metrics
        ? 'Metrics already initialized'
        : cannotOpen(textOf(body['metrics_path']), 'a');
      if (why !== undefined)
        return fault(`Metrics error: Cannot initialize the metrics system due to bad user input: ${why}`);
      files.metrics = true;
      return OK;
    },
    'PUT /serial': (body) => {
      files.serial =
        body['serial_out_path'] === undefined ? undefined : openSync(textOf(body['serial_out_path']), 'a');
      return OK;
    },
  };

  const postBoot: typeof preBoot = {
    'PATCH /vm': async (body) => {
      const wanted = body['state'] === 'Paused' ? 'Paused' : 'Running';
      if (wanted === 'Paused') await machine?.pause();
      else if (machine === undefined) machine = await host.start(partsOf(config, files.serial));
      else await machine.resume();
      state = wanted;
      return OK;
    },
    'PUT /snapshot/create': async (body) => {
      if (state !== 'Paused')
        return fault(
          'Create snapshot error: Cannot save the microVM state: Operation not allowed: save/restore unavailable while running',
        );
      const tick = machine === undefined ? config.tick : machine.tick();
      const why = await writeSnapshot(
        { state: textOf(body['snapshot_path']), memory: textOf(body['mem_file_path']) },
        { ...config, tick },
      );
      return why === undefined ? OK : fault(`Create snapshot error: ${why}`);
    },
    'PATCH /drives/': (body, id) => {
      const drive = config.drives.find((known) => known.id === id);
      const about = 'Drive config error: Unable to patch the block device:';
      const ask = 'Please verify the request arguments.';
      if (drive === undefined)
        return fault(`${about} Failed perform action on device: Device not found ${ask}`);
      if (body['path_on_host'] === undefined) return OK;
      const path = textOf(body['path_on_host']);
      const why = cannotOpen(path, drive.readOnly ? 'r' : 'r+');
      if (why !== undefined)
        return fault(
          `${about} Block: Virtio backend error: Error manipulating the backing file: ${why} ${path} ${ask}`,
        );
      config = { ...config, drives: config.drives.map((old) => (old.id === id ? { ...old, path } : old)) };
      return OK;
    },
  };

  async function act(body: Body): Promise<ApiAnswer> {
    const started = state !== 'Not started';
    switch (body['action_type']) {
      case 'InstanceStart': {
        if (started) return fault(PRE_BOOT_ONLY);
        if (bootSource === undefined)
          return fault('Start microvm error: Cannot start microvm without kernel configuration.');
        machine = await host.start(partsOf(config, files.serial));
        state = 'Running';
        return OK;
      }
      case 'SendCtrlAltDel': {
        if (!started) return fault(POST_BOOT_ONLY);
        // The guest reboots, and for Firecracker that is the end.
        return { ...OK, after: () => machine?.powerOff() };
      }
      default:
        return started ? OK : fault(POST_BOOT_ONLY);
    }
  }

  async function load(body: Body): Promise<ApiAnswer> {
    if (state !== 'Not started') return fault(PRE_BOOT_ONLY);
    if (bootPath)
      return fault(
        'Load snapshot error: Loading a microVM snapshot not allowed after configuring boot-specific resources.',
      );
    const backend = body['mem_backend'] as Body | undefined;
    if (backend === undefined && body['mem_file_path'] === undefined)
      return fault(
        'An error occurred when deserializing the json body of a request: missing field: either `mem_backend` or `mem_file_path` is required.',
      );
    const failed = (why: string): ApiAnswer => ({
      ...fault(`Load snapshot error: Failed to restore from snapshot: ${why}`),
      after: () => host.exit(EXIT_AFTER_FAILED_LOAD),
    });
    const memory = textOf(backend?.['backend_path'] ?? body['mem_file_path']);
    const found = await readSnapshot({ state: textOf(body['snapshot_path']), memory });
    if ('why' in found) return failed(found.why);
    let loaded = found.state;
    for (const override of (body['network_overrides'] ?? []) as Body[]) {
      if (!loaded.nets.some(({ id }) => id === override['iface_id']))
        return failed('Failed to get snapshot state from file: Unknown Network Device.');
      const nets = loaded.nets.map((net) =>
        net.id === override['iface_id'] ? { ...net, tap: textOf(override['host_dev_name']) } : net,
      );
      loaded = { ...loaded, nets };
    }
    const vsockOverride = body['vsock_override'] as Body | undefined;
    if (vsockOverride !== undefined) {
      if (loaded.vsock === undefined)
        return failed('Failed to get snapshot state from file: Unknown Vsock Device.');
      loaded = { ...loaded, vsock: textOf(vsockOverride['uds_path']) };
    }
    const building = 'Failed to build microVM from snapshot: Failed to restore devices:';
    // It opens what the machine had when it was saved: to rebind a drive comes later.
    for (const { path, readOnly } of loaded.drives) {
      const why = cannotOpen(path, readOnly ? 'r' : 'r+');
      if (why !== undefined)
        return failed(
          `${building} Block: Virtio backend error: Error manipulating the backing file: ${why} ${path}`,
        );
    }
    for (const { tap } of loaded.nets) if (!host.isTap(tap)) return failed(`${building} Net: ${noTap(tap)}`);
    if (loaded.vsock !== undefined) {
      try {
        await host.listenVsock(loaded.vsock);
      } catch {
        return failed(
          `${building} Vsock: Error binding to the host-side Unix socket: Address in use (os error 98)`,
        );
      }
    }
    config = loaded;
    state = 'Paused';
    if (body['resume_vm'] !== true) return OK;
    machine = await host.start(partsOf(config, files.serial));
    state = 'Running';
    return OK;
  }

  function read(call: string): ApiAnswer | undefined {
    const { id, version } = host;
    if (call === 'GET /')
      return { status: 200, body: { id, state, vmm_version: version, app_name: 'Firecracker' } };
    if (call === 'GET /version') return { status: 200, body: { firecracker_version: version } };
    if (call === 'GET /machine-config')
      return { status: 200, body: { vcpu_count: config.cpus, mem_size_mib: config.memoryMiB } };
    return undefined;
  }

  return {
    state: () => state,
    fault,
    refuse: (method, path, refusal) => fault(wordsOf(method, path, refusal)),
    async handle(method, path, given) {
      const body = (given ?? {}) as Body;
      const known = read(`${method} ${path}`);
      if (known !== undefined) return known;
      if (path === '/actions') return await act(body);
      if (path === '/snapshot/load') return await load(body);
      const [, name = '', id] = path.split('/');
      const isItem = name === 'drives' || name === 'network-interfaces';
      if (isItem && id !== (body['drive_id'] ?? body['iface_id']))
        return fault('The id from the path does not match the id from the body!');
      const call = `${method} ${isItem ? `/${name}/` : path}`;
      const started = state !== 'Not started';
      const early = always[call];
      if (early !== undefined) return started ? fault(PRE_BOOT_ONLY) : await early(body, id ?? '');
      const configures = preBoot[call];
      if (configures !== undefined) {
        if (started) return fault(isItem ? 'PCI is not enabled' : PRE_BOOT_ONLY);
        bootPath = true;
        return await configures(body, id ?? '');
      }
      const changes = postBoot[call];
      if (changes === undefined) throw new Error(`the stand-in of Firecracker does not know ${call} yet`);
      return started ? await changes(body, id ?? '') : fault(POST_BOOT_ONLY);
    },
  };
}

function fault(message: string): ApiAnswer {
  return { status: 400, body: { fault_message: message } };
}

function wordsOf(method: string, path: string, { kind, why }: Refusal): string {
  return kind === 'path'
    ? `Invalid request method and/or path: ${method} ${path}.`
    : `An error occurred when deserializing the json body of a request: ${why}.`;
}

function noTap(name: string): string {
  return `Open tap device failed: Error while creating ifreq structure: No such device (os error 19). Invalid TUN/TAP Backend provided by ${name}. Check our documentation on setting up the network devices.`;
}

function partsOf({ drives, nets, bootArgs, tick }: SnapshotState, console: number | undefined): MachineParts {
  // The root device comes first among the disks of a guest, and the others in their order.
  const first = drives.find(({ isRoot }) => isRoot) ?? drives[0];
  return { disk: first?.path, tap: nets[0]?.tap, mac: nets[0]?.mac, bootArgs, tick, console };
}
