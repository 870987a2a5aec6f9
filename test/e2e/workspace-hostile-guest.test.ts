import { access, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MachineStatus } from '../../src/workspace/status.ts';
import { cannotBoot, guestImage } from '../support/guest-image.ts';
import { testDriver, THAWED } from '../support/test-driver.ts';
import { userOf } from '../support/user-of.ts';
import type { User } from '../support/user-of.ts';
import { workspaceSandbox } from '../support/workspace-sandbox.ts';
import type { WorkspaceSandbox } from '../support/workspace-sandbox.ts';

/** Of who does not answer, nobody needs to wait for long. */
const IMPATIENT = { env: { DEWAR_SLOW: '1' } };

describe.skipIf(cannotBoot !== undefined)(
  `a guest that does what it likes (skipped ${cannotBoot ?? 'never'})`,
  () => {
    let sandbox: WorkspaceSandbox;
    let workspace = '';
    let user: User;
    /** Where planted code would write, if this host ran it. */
    let mark = '';

    beforeAll(async () => {
      const image = await guestImage('systemd');
      sandbox = await workspaceSandbox(image);
      workspace = join(sandbox.directory, 'work');
      mark = join(sandbox.directory, 'executed');
      await mkdir(join(workspace, 'lib'), { recursive: true });
      await mkdir(join(workspace, 'sub'));
      await writeFile(
        join(workspace, 'dewar.config.js'),
        `import { memoryMB } from './lib/settings.js';
        export default {
          image: '${image.id}', driver: '${testDriver.name}', resources: { vcpus: 1, memoryMB, diskGB: 2 }, network: { mode: 'off' },
          env: { TOKEN: 'secret' },
        };`,
      );
      await writeFile(join(workspace, 'lib/settings.js'), 'export const memoryMB = 384;');
      user = userOf(sandbox, workspace);
      await user.does(['up']);
    });
    afterAll(async () => {
      await sandbox?.[Symbol.asyncDispose]();
    });

    const state = async (): Promise<string | undefined> =>
      (await user.json<{ machines: MachineStatus[] }>(['status'])).machines[0]?.state;

    test('it sees nothing of the state, and what it puts there goes nowhere', async () => {
      const before = await readdir(join(workspace, '.dewar'));
      const attempts = 'ls -A .dewar; touch .dewar/x; mkdir .dewar/y; rm -rf .dewar; mv .dewar z; true';
      expect(await user.inGuest(attempts, '--root')).toBe('');
      expect(await readdir(join(workspace, '.dewar'))).toEqual(before);
      expect(await readdir(workspace)).toEqual(
        expect.arrayContaining(['.dewar', 'dewar.config.js', 'lib', 'sub']),
      );
    });

    test.each(['dewar.config.js', 'lib/settings.js'])(
      'it cannot change %s, which this host runs',
      async (file) => {
        const text = await readFile(join(workspace, file), 'utf8');
        const attempts = [
          `echo evil >${file}`,
          `rm -f ${file}`,
          `mv ${file} away`,
          `echo evil >new && mv -f new ${file}`,
          `chmod 777 ${file}`,
          `ln -sf /etc/passwd ${file}`,
          `truncate -s 0 ${file}`,
        ];
        await user.inGuest(`${attempts.map((attempt) => `(${attempt})`).join('\n')}\ntrue`, '--root');
        expect(await readFile(join(workspace, file), 'utf8')).toBe(text);
        await user.inGuest('rm -f new away');
      },
    );

    test('code that it plants is not run', async () => {
      const evil = `require('node:fs').writeFileSync(${JSON.stringify(mark)}, '')`;
      const plant = (path: string): Promise<string> => user.inGuest(`cat >${path} <<'END'\n${evil}\nEND`);
      await plant('sub/dewar.config.cjs');
      await plant('sub/dewar.config.js');
      expect(await user.refused(['run', 'true'], { cwd: join(workspace, 'sub') })).toMatchObject({
        code: 'NESTED_CONFIG',
        message: expect.stringContaining('whose guest may have written it'),
      });
      // One that stands beside the real one: neither is taken.
      for (const name of ['dewar.config.ts', 'dewar.config.mjs']) {
        await plant(name);
        expect(await user.refused(['run', 'true'])).toMatchObject({ code: 'TWO_CONFIGS' });
        expect((await user.dewar(['status', '--json'])).stdout).toContain('"state": "up"');
        await userOf(sandbox, sandbox.directory).does(['status']);
        await rm(join(workspace, name));
      }
      // Nor can it put another directory around what this host runs.
      const settings = await readFile(join(workspace, 'lib/settings.js'), 'utf8');
      await user.inGuest('mv lib lib2; mkdir -p lib; true', '--root');
      await user.dewar(['run', '--', 'sh', '-c', `echo "${evil}" >lib/settings.js`]);
      expect(await readFile(join(workspace, 'lib/settings.js'), 'utf8')).toBe(settings);
      expect(await user.inGuest('echo good')).toBe('good');
      await expect(access(mark)).rejects.toThrow('ENOENT');
    });

    test('it fills its disk and floods its console: commands work, and so does its next boot', async () => {
      const fill = 'fallocate -l $(df -B1 --output=avail / | tail -1) /var/full; cat /dev/zero >/var/full2';
      await user.inGuest(`(yes flood >/dev/console 2>&1 &); (${fill}) 2>/dev/null; true`, '--root');
      expect(await user.inGuest('df --output=avail / | tail -1')).toMatch(/^ *0$/);
      expect(await user.inGuest('echo x >~/x; true')).toBe('');
      expect(await user.inGuest('pgrep -x yes >/dev/null && echo floods')).toBe('floods');
      expect(await state()).toBe('up');
      expect(await user.does(['logs', 'console', '--lines', '3'])).toMatch(/^flood\nflood\nf[lod]*\n$/);
      expect(await user.does(['down'])).toBe('work: down\n');
      expect(await user.json(['up'])).toMatchObject({ how: 'booted' });
      expect(await user.inGuest('echo "$TOKEN"; hostname; rm /var/full*', '--root')).toBe('secret\nwork');
      expect(await user.inGuest('echo x >~/x; cat ~/x')).toBe('x');
    });

    test('it puts links in the place of what it is given: the next up says so, and goes on', async () => {
      await user.inGuest(
        [
          'umount /home/dewar/workspace /home/dewar/.env /home/dewar/.ssh/*',
          'rmdir /home/dewar/workspace; rm -rf /home/dewar/.ssh /home/dewar/.env',
          'ln -s /etc /home/dewar/workspace; ln -s /etc/ssh /home/dewar/.ssh; ln -s /etc/passwd /home/dewar/.env',
          'echo mine >/home/dewar/mine',
        ].join('\n'),
        '--root',
        '-w',
        '/',
      );
      await user.does(['down']);
      const up = await user.dewar(['up']);
      expect([up.exitCode, up.stdout]).toEqual([0, expect.stringMatching(/^work: booted/)]);
      expect(up.stderr).toMatch(/^warning CREDENTIALS_LEFT_OUT: .*~\/\.env/m);
      expect(up.stderr).toContain('~/.ssh/id_ed25519');
      expect(
        await user.inGuest(
          'cat ~/mine; ls ~/workspace; stat -c %F ~/workspace ~/.ssh; ls /etc/ssh/id_ed25519 2>/dev/null; head -c 4 /etc/passwd',
        ),
      ).toBe(['mine', 'dewar.config.js', 'lib', 'sub', 'directory', 'symbolic link', 'root'].join('\n'));
    });

    test('it lets neither its agent nor sshd answer: commands say so, down presses its power button', async () => {
      const silence =
        'systemctl mask --runtime ssh.service ssh.socket; systemctl stop qemu-guest-agent ssh; sync; pkill -9 sshd';
      await user.dewar(['run', '--root', '--', 'sh', '-c', silence]);
      expect(await state()).toBe('up');
      expect(await user.refused(['run', 'true'], IMPATIENT)).toMatchObject({ code: 'SSH_FAILED' });
      const down = await user.dewar(['down'], IMPATIENT);
      expect([down.exitCode, down.stdout]).toEqual([0, 'work: down\n']);
      expect(down.stderr).toMatch(
        /^warning DOWN_FORCED: the guest does not answer, its power button is pressed: .*agent/m,
      );
      expect(await user.does(['logs', 'console', '--lines', '30'])).toMatch(/Powering off|Power down/);
      expect(await sandbox.leftovers()).toEqual([]);
    });

    test.each([
      ['powers itself off', THAWED, 'systemctl poweroff', /Power down/],
      ['panics', 'booted', 'echo c >/proc/sysrq-trigger', /Kernel panic/],
    ])('it %s: status says that it has ended', async (_, how, script, last) => {
      if (script === 'systemctl poweroff') await user.does(['reset']);
      expect(await user.json(['up'])).toMatchObject({ how });
      expect(await user.inGuest('systemctl is-system-running || systemctl --failed --plain')).toBe('running');
      await user.dewar(['run', '--root', '--', 'sh', '-c', script]);
      await expect.poll(state, { timeout: 60_000, interval: 500 }).toBe('down');
      expect(await user.refused(['run', 'true'])).toMatchObject({ code: 'WORKSPACE_DOWN' });
      expect(await user.does(['logs', 'console', '--lines', '100'])).toMatch(last);
      expect(await user.does(['down'])).toBe('work: was down\n');
      expect(await sandbox.leftovers()).toEqual([]);
    });
  },
);
