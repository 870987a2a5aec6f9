import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DewarError } from '../../core/errors.ts';
import { runCommand } from '../../platform/run-command.ts';
import type { ImagePlan } from '../plan-image.ts';
import { cpioArchive } from './cpio.ts';
import type { CpioEntry } from './cpio.ts';
import { moduleDepends, moduleName, moduleOrder } from './module-order.ts';

/**
 * Makes the initial RAM disk: busybox, the modules of virtual devices, and images/initrd/init. It is not compressed, as
 * unpacking it would take longer than reading it.
 * @param busybox path of a static busybox
 * @param modules path of the directory of the kernel's modules
 * @throws DewarError KERNEL_WITHOUT_MODULES, COMMAND_NOT_FOUND (xz or zstd)
 */
export async function makeInitrd(plan: ImagePlan, busybox: string, modules: string): Promise<Buffer> {
  const loaded = await readModules(plan.initrdModules, modules);
  if (!loaded.has('virtio_blk'))
    throw new DewarError({
      code: 'KERNEL_WITHOUT_MODULES',
      message: `the kernel ${plan.lock.kernel.map(({ name }) => name).join(', ')} has no module virtio_blk in ${modules}`,
      mend: 'lock another kernel with `dewar update`, or take another --suite',
    });
  const directories = ['bin', 'dev', 'modules', 'newroot', 'proc', 'sys'];
  const order = [...loaded.keys()].map((name) => `${name}.ko\n`).join('');
  return cpioArchive([
    ...directories.map((path): CpioEntry => ({ type: 'directory', path, mode: 0o755 })),
    // the kernel opens it for its first program
    { type: 'character-device', path: 'dev/console', mode: 0o600, major: 5, minor: 1 },
    file('bin/busybox', 0o755, await readFile(busybox)),
    file('init', 0o755, plan.guest.initrdInit.content),
    file('modules/order', 0o644, Buffer.from(order)),
    ...[...loaded].map(([name, content]) => file(`modules/${name}.ko`, 0o644, content)),
  ]);
}

/** @returns contents by name, in the order in which they can be loaded */
async function readModules(wanted: readonly string[], directory: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = new Map(
    entries
      .filter((entry) => entry.isFile() && /\.ko(?:\.(?:xz|zst|gz))?$/.test(entry.name))
      .map((entry) => [moduleName(entry.name), join(entry.parentPath, entry.name)]),
  );
  const contents = new Map<string, Buffer>();
  const load = async (name: string): Promise<void> => {
    const path = files.get(name);
    if (path === undefined || contents.has(name)) return;
    const content = await readModule(path);
    contents.set(name, content);
    for (const dependency of moduleDepends(content)) await load(dependency);
  };
  for (const name of wanted) await load(name);
  const order = moduleOrder(wanted, (name) => {
    const content = contents.get(name);
    return content === undefined ? undefined : { name, depends: moduleDepends(content) };
  });
  return new Map(order.map((name) => [name, contents.get(name) ?? Buffer.alloc(0)]));
}

async function readModule(path: string): Promise<Buffer> {
  const packer = { '.xz': 'xz', '.zst': 'zstd', '.gz': 'gzip' }[/\.(?:xz|zst|gz)$/.exec(path)?.[0] ?? ''];
  if (packer === undefined) return readFile(path);
  const { exitCode, stdout, stderr } = await runCommand(packer, ['-d', '-c', path]);
  if (exitCode !== 0) throw new Error(`${packer} cannot unpack ${path}: ${stderr}`);
  return stdout;
}

function file(path: string, mode: number, content: Buffer): CpioEntry {
  return { type: 'file', path, mode, content };
}
