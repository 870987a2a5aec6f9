import { cp, mkdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MachineStatus } from '../../src/workspace/status.ts';
import type { UpResult } from '../../src/workspace/up.ts';
import { cannotBoot, guestImage } from '../support/guest-image.ts';
import type { BuiltImage } from '../support/guest-image.ts';
import { testDriver, THAWED } from '../support/test-driver.ts';
import { userOf } from '../support/user-of.ts';
import type { User } from '../support/user-of.ts';
import { workspaceSandbox } from '../support/workspace-sandbox.ts';
import type { WorkspaceSandbox } from '../support/workspace-sandbox.ts';

describe.skipIf(cannotBoot !== undefined)(
  `what happened to a workspace behind dewar's back (skipped ${cannotBoot ?? 'never'})`,
  () => {
    let sandbox: WorkspaceSandbox;
    let image: BuiltImage;
    let minimal: BuiltImage;
    let elsewhere: User;

    beforeAll(async () => {
      image = await guestImage('systemd');
      sandbox = await workspaceSandbox(image);
      minimal = await guestImage('minimal');
      await execa('cp', ['-rl', minimal.directory, join(sandbox.cache, 'images')]);
      elsewhere = userOf(sandbox, sandbox.directory);
    });
    afterAll(async () => {
      await sandbox?.[Symbol.asyncDispose]();
    });

    test('a damaged journal: commands say so, status shows the machine, down --force ends it', async () => {
      const directory = await sandbox.workspace('damaged');
      const user = userOf(sandbox, directory);
      const { machine } = await user.json<UpResult>(['up']);
      await user.inGuest('echo mine >~/mine; sync');
      const journal = join(directory, '.dewar/journal.json');
      const good = await readFile(journal, 'utf8');
      for (const bad of [
        '',
        '\0garbage',
        good.slice(0, -30),
        good.replace('"format": 1', '"format": 2'),
        '[]',
      ]) {
        await writeFile(journal, bad);
        for (const args of [
          ['up'],
          ['down'],
          ['run', 'true'],
          ['mount', '.', '/srv/x'],
          ['reset', '--force'],
        ])
          expect(await user.refused(args)).toEqual({
            exitCode: 1,
            code: 'JOURNAL_DAMAGED',
            message: `${journal} is no journal of a machine`,
            mend: 'end what runs and forget the rest: dewar down --force',
          });
      }
      for (const who of [user, elsewhere])
        expect(await states(who)).toEqual([['damaged', 'damaged', machine]]);
      expect(await user.does(['status'])).toContain(
        `\ndamaged: its journal is damaged; to end what runs: dewar down --force -C `,
      );
      expect(await user.does(['down', '--force'])).toBe('damaged: down\n');
      expect(await states(user)).toEqual([['damaged', 'down', undefined]]);
      expect(await sandbox.leftovers()).toEqual([]);
    });

    test('a damaged journal of a machine that does not run: down --force forgets it, up goes on with the disk', async () => {
      const directory = join(sandbox.directory, 'workspaces', 'damaged');
      const user = userOf(sandbox, directory);
      await writeFile(join(directory, '.dewar/journal.json'), '{"format": 1, "state": "up"');
      expect(await states(elsewhere)).toEqual([]);
      expect(await states(user)).toEqual([['damaged', 'damaged', undefined]]);
      expect(await user.refused(['up'])).toMatchObject({ code: 'JOURNAL_DAMAGED' });
      const mended = await user.dewar(['down', '--force']);
      expect(mended).toMatchObject({ exitCode: 0, stdout: 'damaged: was down\n' });
      expect(mended.stderr).toContain('journal.json could not be read: ended what ran, and began a new one');
      // What is on a disk makes no sense over another image.
      await writeConfig(directory, minimal.id);
      expect(await user.refused(['up'])).toMatchObject({
        code: 'DISK_OF_ANOTHER_IMAGE',
        message: expect.stringContaining(`was begun on the image ${image.id.slice(0, 12)}`),
      });
      await writeConfig(directory, image.id);
      expect(await user.json(['up'])).toMatchObject({ how: 'booted' });
      expect(await user.inGuest('cat ~/mine')).toBe('mine');
      await user.does(['down', '--force']);
    });

    test('a damaged root disk: up says so and leaves nothing, reset mends it', async () => {
      const directory = join(sandbox.directory, 'workspaces', 'damaged');
      const user = userOf(sandbox, directory);
      const disk = join(directory, '.dewar/root.qcow2');
      const good = join(sandbox.directory, 'good.qcow2');
      await rename(disk, good);
      for (const damage of [
        () => writeFile(disk, 'garbage'.repeat(10_000)),
        async () => {
          await cp(good, disk);
          await truncate(disk, 70_000);
        },
        () => writeFile(disk, ''),
        () => mkdir(disk),
      ]) {
        await damage();
        const { code, message, mend } = await user.refused(['up']);
        expect([code, message, mend]).toEqual([
          'DISK_DAMAGED',
          expect.stringMatching(/root disk cannot be used: ./),
          expect.stringContaining('dewar reset'),
        ]);
        expect(await sandbox.leftovers()).toEqual([]);
        expect(await user.does(['reset'])).toMatch(/^damaged: dropped its disk/);
      }
      expect(await user.json(['up'])).toMatchObject({ how: THAWED });
      await user.does(['down', '--force']);
    });

    test('a workspace that was moved: its commands work in the new place, also its shares', async () => {
      const directory = await sandbox.workspace('moving');
      const { machine } = await userOf(sandbox, directory).json<UpResult>(['up']);
      const moved = `${directory}-away`;
      await rename(directory, moved);
      const user = userOf(sandbox, moved);
      expect(await states(elsewhere)).toEqual([['moving', 'lost', machine]]);
      expect(await elsewhere.does(['status'])).toContain(
        `\nmoving: ${directory} knows nothing of it; to end it: dewar down --id ${machine}\n`,
      );
      // The file that was looked at when the machine was started is not there any more.
      expect(await user.refused(['run', 'true'])).toMatchObject({ code: 'CONFIG_CHANGED' });
      Object.assign(sandbox.env, { DEWAR_TRUST_CONFIG: 'yes' });
      expect(await states(user)).toEqual([['moving-away', 'up', machine]]);
      await writeFile(join(moved, 'later'), 'later\n');
      expect(await user.inGuest('cat ~/workspace/later')).toBe('later');
      expect(await user.does(['down'])).toBe('moving-away: down\n');
      delete sandbox.env['DEWAR_TRUST_CONFIG'];
      expect(await states(elsewhere)).toEqual([]);
      expect(await sandbox.leftovers()).toEqual([]);
    });

    test('a copy of a workspace that is up is another workspace: it has no machine, and ends none', async () => {
      const directory = await sandbox.workspace('original');
      const user = userOf(sandbox, directory);
      const { machine } = await user.json<UpResult>(['up']);
      const copied = `${directory}-copy`;
      await cp(directory, copied, { recursive: true });
      const other = userOf(sandbox, copied);
      expect(await states(other)).toEqual([
        ['original-copy', 'down', undefined],
        ['original', 'up', machine],
      ]);
      expect(await other.does(['down', '--force'])).toBe('original-copy: was down\n');
      expect(await other.refused(['run', 'true'])).toMatchObject({ code: 'WORKSPACE_DOWN' });
      expect(await user.inGuest('hostname')).toBe('original');
      expect(await user.does(['down', '--force'])).toBe('original: down\n');
      await rm(copied, { recursive: true });
    });

    test('a workspace that was deleted while its machine is up: status tells how to end it', async () => {
      const directory = await sandbox.workspace('deleted');
      const { machine } = await userOf(sandbox, directory).json<UpResult>(['up']);
      await rm(directory, { recursive: true });
      expect(await states(elsewhere)).toEqual([['deleted', 'lost', machine]]);
      expect(await elsewhere.refused(['down', '--id', 'ffff'])).toMatchObject({ code: 'NO_SUCH_MACHINE' });
      expect(await elsewhere.refused(['down', '--id', machine, '-C', '.'])).toMatchObject({ code: 'USAGE' });
      expect(await elsewhere.does(['down', '--id', machine.slice(0, 8)])).toBe('deleted: down\n');
      expect(await states(elsewhere)).toEqual([]);
      expect(await sandbox.leftovers()).toEqual([]);
    });

    test('a config that does not load any more while its machine is up: status shows it, down --id ends it', async () => {
      const directory = await sandbox.workspace('broken');
      const user = userOf(sandbox, directory);
      const { machine } = await user.json<UpResult>(['up']);
      await writeFile(join(directory, 'dewar.config.json'), '{');
      expect(await user.refused(['down'])).toMatchObject({ exitCode: 1 });
      expect(await states(user)).toEqual([['broken', 'up', machine]]);
      expect(await user.json(['down', '--id', machine])).toEqual({ name: 'broken', was_up: true });
      expect(await sandbox.leftovers()).toEqual([]);
    });

    test('an image that was deleted while its machine is up: that goes on, the next up says what is missing', async () => {
      const directory = await sandbox.workspace('no-image');
      const user = userOf(sandbox, directory);
      await user.does(['up']);
      await rm(join(sandbox.cache, 'images', image.id), { recursive: true });
      expect(await user.inGuest('cat /usr/bin/perl | wc -c', '--root')).toMatch(/^\d{6,}$/);
      expect(await user.does(['down'])).toBe('no-image: down\n');
      expect(await user.refused(['up'])).toMatchObject({ code: 'NO_SUCH_IMAGE' });
      expect(await sandbox.leftovers()).toEqual([]);
    });
  },
);

/** Of each machine that status shows: name, state, id. */
async function states(user: User): Promise<unknown[]> {
  const { machines } = await user.json<{ machines: MachineStatus[] }>(['status']);
  return machines.map(({ name, state, running }) => [name, state, running?.machine]);
}

async function writeConfig(directory: string, image: string): Promise<void> {
  const config = {
    image,
    driver: testDriver.name,
    resources: { vcpus: 1, memoryMB: 384 },
    network: { mode: 'off' },
  };
  await writeFile(join(directory, 'dewar.config.json'), JSON.stringify(config));
}
