import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { DewarEvent } from '../../../src/core/events.ts';
import type { MachineContext } from '../../../src/vmm/machine/machine-context.ts';
import type { MachineImage } from '../../../src/vmm/machine/machine-image.ts';
import type { TapNetwork } from '../../../src/vmm/workspace-driver.ts';
import { temporaryDirectory } from '../git-repository.ts';
import { guestImage } from '../guest-image.ts';
import { networkNamespace } from '../network-namespace.ts';
import type { NetworkNamespace } from '../network-namespace.ts';
import { processesNaming } from '../processes-naming.ts';
import type { VmmName } from './api-description.ts';
import type { Control } from './control.ts';
import { installStandIns } from './install-stand-ins.ts';

/** A place in which a driver works with the stand-in of its VMM. */
export interface VmmLab extends MachineContext, AsyncDisposable {
  deadlines: NonNullable<MachineContext['deadlines']>;
  directory: string;
  image: MachineImage;
  control: Control;
  events: DewarEvent[];
  /** A network whose policy is in force, as the log says. */
  tap(): Promise<TapNetwork>;
  /** What machines have left: paths and processes. */
  left(): Promise<{ files: string[]; processes: string[] }>;
}

const VARIABLES: Record<VmmName, string> = {
  firecracker: 'DEWAR_FIRECRACKER',
  'cloud-hypervisor': 'DEWAR_CLOUD_HYPERVISOR',
};
const ELF = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]);
const DISK_BYTES = 1 << 20;

/**
 * @param guests whether guests stand behind the stand-in, which needs root (`noStandInGuest`); they are in a network namespace, so
 *   that nothing of this host's network is touched
 */
export async function vmmLab(vmm: VmmName, { guests }: { guests: boolean }): Promise<VmmLab> {
  const directory = await temporaryDirectory();
  const standIns = await installStandIns(directory.path, { guests });
  const network = guests ? await networkNamespace(await made(directory.path, 'network')) : undefined;
  const program =
    network === undefined ? standIns.programs[vmm] : await network.wrap(standIns.programs[vmm], vmm);
  const path = process.env['PATH'];
  if (network !== undefined) await useSshOf(network);
  const root = join(directory.path, 'cache', vmm, 'machines');
  const events: DewarEvent[] = [];
  let taps = 0;
  return {
    directory: directory.path,
    control: standIns.control,
    events,
    deadlines: {},
    image: guests ? await guestImage('minimal') : await noImage(directory.path),
    env: {
      ...definedOf(process.env),
      DEWAR_CACHE_DIR: join(directory.path, 'cache'),
      [VARIABLES[vmm]]: program,
      DEWAR_JAILER: 'no',
    },
    root,
    emit: (event) => events.push(event),
    async tap() {
      const number = taps++;
      const network4 = `198.18.${number}`;
      const tap: TapNetwork = {
        tap: `dwtest${number}`,
        mac: `52:54:00:12:34:${number.toString(16).padStart(2, '0')}`,
        guest: `${network4}.2`,
        host: `${network4}.1`,
        prefix: 30,
      };
      if (network !== undefined) {
        await network.ip('tuntap', 'add', tap.tap, 'mode', 'tap');
        await network.ip('address', 'add', `${tap.host}/${tap.prefix}`, 'dev', tap.tap);
        await network.ip('link', 'set', tap.tap, 'up');
      }
      standIns.control.append({ note: `policy in force: ${tap.tap}` });
      return tap;
    },
    async left() {
      const machines = await readdir(root, { recursive: true }).catch(() => [] as string[]);
      return { files: machines, processes: await processesNaming(root) };
    },
    async [Symbol.asyncDispose]() {
      process.env['PATH'] = path;
      await network?.[Symbol.asyncDispose]();
      await rm(directory.path, { recursive: true, force: true });
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** Guests are where their network is. */
async function useSshOf(network: NetworkNamespace): Promise<void> {
  for (const name of ['ssh', 'ssh-keyscan']) {
    const { stdout } = await execa('sh', ['-c', 'command -v "$0"', name]);
    await network.wrap(stdout, name);
  }
  process.env['PATH'] = `${network.bin}:${process.env['PATH']}`;
}

/** What a VMM opens, and nothing runs. */
async function noImage(directory: string): Promise<MachineImage> {
  const path = (name: string): string => join(directory, name);
  await writeFile(path('kernel'), ELF);
  await writeFile(path('initrd'), 'initrd');
  await writeFile(path('rootfs'), Buffer.alloc(DISK_BYTES));
  return { id: 'none', kernel: path('kernel'), initrd: path('initrd'), rootfs: path('rootfs') };
}

async function made(...path: [string, ...string[]]): Promise<string> {
  const directory = join(...path);
  await mkdir(directory, { recursive: true });
  return directory;
}

function definedOf(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
