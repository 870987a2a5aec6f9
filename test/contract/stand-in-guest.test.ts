import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { copyDisk } from '../../src/platform/copy-disk.ts';
import { temporaryDirectory } from '../support/git-repository.ts';
import { cannotBuild, guestImage } from '../support/guest-image.ts';
import { installStandIns } from '../support/vmm-servers/install-stand-ins.ts';
import { noStandInGuest } from '../support/vmm-servers/stand-in-machine.ts';
import { startStandIn } from '../support/vmm-servers/start-stand-in.ts';

const why = noStandInGuest ?? (cannotBuild === undefined ? undefined : `no image ${cannotBuild}`);
const DISK_BYTES = 2 ** 30;
const LONG = { timeout: 60_000 };

test.skipIf(why !== undefined)(
  `the guest of a stand-in panics on a disk that is not of the moment of its memory (skipped: ${why ?? 'never'})`,
  async () => {
    await using directory = await temporaryDirectory();
    const at = (name: string): string => join(directory.path, name);
    const standIns = await installStandIns(directory.path, { guests: true });
    for (const name of ['first', 'good', 'late']) await mkdir(at(name));
    await writeFile(at('kernel'), '');
    await copyDisk((await guestImage()).rootfs, at('disk'), DISK_BYTES, undefined);
    const said = (name: string): Promise<string> => readFile(at(`${name}.log`), 'utf8').catch(() => '');

    await using vmm = await startStandIn('firecracker', standIns, at('first'));
    await vmm.call('PUT', '/serial', { serial_out_path: at('first.log') });
    await vmm.call('PUT', '/boot-source', { kernel_image_path: at('kernel') });
    await vmm.call('PUT', '/drives/root', {
      drive_id: 'root',
      path_on_host: at('disk'),
      is_root_device: false,
    });
    await vmm.call('PUT', '/actions', { action_type: 'InstanceStart' });
    await expect.poll(() => said('first'), LONG).toContain('dewar: ready');
    await vmm.call('PATCH', '/vm', { state: 'Paused' });
    await vmm.call('PUT', '/snapshot/create', { snapshot_path: at('state'), mem_file_path: at('memory') });
    await copyDisk(at('disk'), at('good-disk'), DISK_BYTES, undefined);
    await vmm.call('PATCH', '/vm', { state: 'Resumed' });
    await sleep(500);
    await vmm.call('PATCH', '/vm', { state: 'Paused' });
    await copyDisk(at('disk'), at('late-disk'), DISK_BYTES, undefined);

    for (const [name, words] of [
      ['good', 'dewar: ready'],
      ['late', 'Kernel panic'],
    ] as const) {
      await using clone = await startStandIn('firecracker', standIns, at(name));
      await clone.call('PUT', '/serial', { serial_out_path: at(`${name}.log`) });
      const loaded = await clone.call('PUT', '/snapshot/load', {
        snapshot_path: at('state'),
        mem_backend: { backend_type: 'File', backend_path: at('memory') },
      });
      expect(loaded.status).toBe(204);
      await clone.call('PATCH', '/drives/root', { drive_id: 'root', path_on_host: at(`${name}-disk`) });
      await clone.call('PATCH', '/vm', { state: 'Resumed' });
      await expect.poll(() => said(name), LONG).toContain(words);
    }
  },
);
