import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { UpResult } from '../../src/workspace/up.ts';
import { GIVEN_VMMS, givenVmmEnvironment, vmmNotGiven } from '../support/given-vmm.ts';
import { guestImage } from '../support/guest-image.ts';
import { userOf } from '../support/user-of.ts';
import type { User } from '../support/user-of.ts';
import { workspaceSandbox } from '../support/workspace-sandbox.ts';
import type { WorkspaceSandbox } from '../support/workspace-sandbox.ts';

/** How a directory of this host gets into a running machine. */
const MOUNTS = { firecracker: 'ssh', 'cloud-hypervisor': 'virtiofs' } as const;

// One story for each, in order: each test goes on where the last one was.
describe.each(GIVEN_VMMS)('a workspace in a machine of %s', (driver) => {
  const why = vmmNotGiven(driver);
  let sandbox: WorkspaceSandbox;
  let user: User;
  let library = '';

  beforeAll(async () => {
    if (why !== undefined) return;
    const image = await guestImage('systemd');
    sandbox = await workspaceSandbox(image);
    Object.assign(sandbox.env, givenVmmEnvironment());
    // These machines have no network without one, and this is a network of the lab's own.
    delete sandbox.env['DEWAR_TAP'];
    const project = await sandbox.workspace('project', { driver, resources: { vcpus: 1, memoryMB: 512 } });
    library = join(sandbox.directory, 'library');
    await mkdir(library);
    await writeFile(join(library, 'book'), 'once upon\n');
    user = userOf(sandbox, project);
  });

  afterAll(async () => {
    await sandbox?.[Symbol.asyncDispose]();
  });

  test.skipIf(why !== undefined)(`up: it boots, and runs programs (skipped: ${why ?? 'never'})`, async () => {
    expect(await user.json<UpResult>(['up'])).toMatchObject({ name: 'project', how: 'booted', slot: 0 });
    expect(await user.inGuest('id -un; hostname')).toBe('dewar\nproject');
  });

  test.skipIf(why !== undefined)('mount: into the running machine, and out of it again', async () => {
    expect(await user.does(['mount', library])).toBe(
      `project: ${library} is at ~/library (${MOUNTS[driver]})\n`,
    );
    expect(await user.inGuest('cat ~/library/book; echo the end >>~/library/book')).toBe('once upon');
    expect(await readFile(join(library, 'book'), 'utf8')).toBe('once upon\nthe end\n');
    expect(await user.does(['unmount', '~/library'])).toBe('project: unmounted ~/library\n');
    expect(await user.inGuest('ls -A ~/library')).toBe('');
    expect(await user.does(['mount', '--readonly', library, '/srv/books'])).toContain('read-only');
    expect(await user.inGuest('cat /srv/books/book; ! echo x 2>/dev/null >/srv/books/x')).toBe(
      'once upon\nthe end',
    );
  });

  test.skipIf(why !== undefined)(
    'down: nothing is left but the disk; up again: it is the same disk',
    async () => {
      await user.inGuest('echo mine >~/marker; sync');
      expect(await user.does(['down'])).toBe('project: down\n');
      expect(await sandbox.leftovers()).toEqual([]);
      expect(await user.json<UpResult>(['up'])).toMatchObject({ name: 'project' });
      expect(await user.inGuest('cat ~/marker')).toBe('mine');
      expect(await user.does(['down', '--force'])).toBe('project: down\n');
      expect(await sandbox.leftovers()).toEqual([]);
    },
  );
});
