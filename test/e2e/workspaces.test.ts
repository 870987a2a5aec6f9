import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MachineStatus } from '../../src/workspace/status.ts';
import type { UpResult } from '../../src/workspace/up.ts';
import { cannotBoot, guestImage } from '../support/guest-image.ts';
import type { BuiltImage } from '../support/guest-image.ts';
import { editedConfig } from '../support/edited-config.ts';
import { inTerminal } from '../support/in-terminal.ts';
import { SHARES, testDriver, THAWED } from '../support/test-driver.ts';
import { userOf } from '../support/user-of.ts';
import type { User } from '../support/user-of.ts';
import { workspaceSandbox } from '../support/workspace-sandbox.ts';
import type { WorkspaceSandbox } from '../support/workspace-sandbox.ts';

const WORDS = `it's "quoted" \\ $HOME \`id\`\n世界 ü`;
const ALL_BYTES = Buffer.from(
  Array.from({ length: 3 << 20 }, (_, index) => (index * 31 + (index >> 8)) & 255),
);

// One story, in order: each test goes on where the last one was.
describe.skipIf(cannotBoot !== undefined)(
  `a workspace, as its user types (skipped ${cannotBoot ?? 'never'})`,
  () => {
    let sandbox: WorkspaceSandbox;
    let image: BuiltImage;
    let project = '';
    let deep = '';
    let library = '';
    let user: User;
    let first: UpResult;
    const status = async (): Promise<MachineStatus[]> =>
      (await user.json<{ machines: MachineStatus[] }>(['status'])).machines;
    const guestIdentity = (...more: string[]): Promise<string> =>
      user.inGuest('hostname; cat /etc/hostname; cat /etc/machine-id', ...more);

    beforeAll(async () => {
      image = await guestImage('systemd');
      sandbox = await workspaceSandbox(image);
      project = join(sandbox.directory, 'project');
      deep = join(project, 'src', 'deep ü');
      library = join(sandbox.directory, 'library');
      await mkdir(deep, { recursive: true });
      await mkdir(library);
      await writeFile(join(library, 'book'), 'once upon\n');
      user = userOf(sandbox, project);
    });

    afterAll(async () => {
      await sandbox?.[Symbol.asyncDispose]();
    });

    test('init: a config that git sees, and a state that it does not', async () => {
      await git(project, 'init', '--quiet');
      expect(await user.does(['init'])).toBe(
        [
          `wrote ${join(project, 'dewar.config.ts')}`,
          `added .dewar/ to ${join(project, '.gitignore')}`,
          'next: add the domains that the machine may reach, look at all of it (dewar config), start it (dewar up)',
          '',
        ].join('\n'),
      );
      expect(await git(project, 'status', '--porcelain')).toBe('?? .gitignore\n?? dewar.config.ts');
      expect(await user.refused(['init'])).toMatchObject({ code: 'CONFIG_EXISTS' });
      expect(await user.refused(['run', 'true'])).toMatchObject({ code: 'WORKSPACE_DOWN' });
    });

    test('up: without a variable that the config wants, nothing starts', async () => {
      const file = join(project, 'dewar.config.ts');
      await writeFile(file, editedConfig(await readFile(file, 'utf8'), image.id, WORDS));
      expect(await user.refused(['up'])).toMatchObject({
        code: 'MISSING_VARIABLE',
        message: expect.stringContaining('HOST_GREETING'),
      });
      expect(await sandbox.leftovers()).toEqual([]);
      Object.assign(sandbox.env, { HOST_GREETING: 'hello "you"' });
    });

    test('up: boots, from a directory below', async () => {
      first = await user.json<UpResult>(['up'], { cwd: deep });
      expect(first).toEqual({
        name: 'project',
        workspace: project,
        how: 'booted',
        machine: expect.stringMatching(/^[0-9a-f]{16}$/),
        slot: 0,
        pid: expect.any(Number),
        driver: testDriver.name,
        passed_over: [],
        image: image.id,
        ms: expect.any(Number),
        failed_scripts: [],
        outdated: false,
      });
      expect(await user.inGuest('cat ~/greeted')).toBe('hello "you"');
      expect((await guestIdentity()).split('\n').slice(0, 2)).toEqual(['project', 'project']);
    });

    test('up when it is up: it stays as it is, wherever that is typed', async () => {
      const again = { ...first, how: 'running', ms: 0 };
      expect(await user.json(['up'])).toEqual(again);
      expect(await user.json(['up', '-C', project], { cwd: sandbox.directory })).toEqual(again);
      expect(await user.does(['up'])).toBe('project: already up (slot 0); dewar shell opens it\n');
      expect(await user.refused(['up'], { cwd: sandbox.directory })).toMatchObject({ code: 'NO_CONFIG' });
    });

    test('run: exit codes are those of the program', async () => {
      const codes: [string[], number][] = [
        [['true'], 0],
        [['sh', '-c', 'exit 7'], 7],
        [['sh', '-c', 'exit 255'], 255],
        [['sh', '-c', 'kill -9 $$'], 137],
        [['no-such-program'], 127],
      ];
      for (const [words, code] of codes)
        expect([words, (await user.dewar(['run', ...words])).exitCode]).toEqual([words, code]);
      const missing = await user.dewar(['run', '-w', '/no such', 'pwd']);
      expect([missing.exitCode, missing.stdout]).toEqual([125, '']);
    });

    test('run: bytes in, bytes out, errors apart; words as they were typed', async () => {
      const copied = await user.dewar(['run', '--', 'sh', '-c', 'cat; echo done >&2'], { input: ALL_BYTES });
      expect([copied.exitCode, copied.stderr]).toEqual([0, 'done\n']);
      expect(copied.bytes.equals(ALL_BYTES)).toBe(true);
      const words = ['', 'a b', WORDS, '--json', '-v', '*', '~'];
      expect(await user.does(['run', 'printf', '%s\\0', ...words])).toBe(`${words.join('\0')}\0`);
    });

    test('run: the env is the config’s, the directory is this one', async () => {
      expect(await user.does(['run', 'printenv', '-0', 'WORDS', 'GREETING'])).toBe(`${WORDS}\0hello "you"\0`);
      expect(await user.does(['run', 'pwd'], { cwd: deep })).toBe('/home/dewar/workspace/src/deep ü\n');
      expect(await user.does(['run', '-C', project, 'pwd'], { cwd: sandbox.directory })).toBe(
        '/home/dewar\n',
      );
      expect(await user.does(['run', '-w', '~/workspace/src', 'pwd'])).toBe('/home/dewar/workspace/src\n');
      expect(await user.does(['run', '--root', '--', 'id', '-un'])).toBe('root\n');
      // What the guest's user makes is the host user's, and the other way round.
      await user.inGuest('echo made >made; stat -c %U src');
      expect([
        await readFile(join(project, 'made'), 'utf8'),
        (await stat(join(project, 'made'))).uid,
      ]).toEqual(['made\n', process.getuid?.()]);
      expect(await user.inGuest('stat -c "%U %a" made src')).toBe('dewar 644\ndewar 755');
    });

    test('run --tty: a terminal, whose Ctrl-C reaches the program', async () => {
      const place = { cwd: project, env: sandbox.env };
      const script = 'test -t 0 && test -t 1 && test -t 2 && tty; exit 5';
      const { ended } = inTerminal(['run', '--tty', '--', 'sh', '-c', script], place);
      expect(await ended).toEqual({ exitCode: 5, shown: expect.stringMatching(/\/dev\/pts\/\d+/) });
      const trap = 'trap "echo caught; exit 9" INT; echo ready; while :; do sleep 1; done';
      const terminal = inTerminal(['run', '--tty', '--', 'sh', '-c', trap], place);
      await terminal.shows('ready');
      terminal.type('\u0003');
      expect(await terminal.ended).toEqual({ exitCode: 9, shown: expect.stringContaining('caught') });
    });

    test('run: SIGINT and SIGTERM end the program in the guest', async () => {
      for (const [signal, code, seconds] of [
        ['SIGINT', 130, 4711],
        ['SIGTERM', 143, 4712],
      ] as const) {
        const script = `echo ready; exec sleep ${seconds}`;
        const running = await user.startUntil('ready', ['run', '--', 'sh', '-c', script]);
        process.kill(running.pid, signal);
        expect((await running.ended).exitCode).toBe(code);
        expect(await user.inGuest(`pgrep -fx "sleep ${seconds}" || echo none`)).toBe('none');
      }
    });

    test('shell: a login shell, which reads commands from its input', async () => {
      const input = 'shopt -q login_shell && echo login\necho "$GREETING"\npwd\nexit 4\n';
      const { exitCode, stdout } = await user.dewar(['shell'], { cwd: join(project, 'src'), input });
      expect([exitCode, stdout]).toEqual([4, 'login\nhello "you"\n/home/dewar/workspace/src\n']);
    });

    test('mount: into the running machine', async () => {
      const daemons = await sandbox.processes(SHARES.server);
      expect(await user.does(['mount', '../library'])).toBe(
        `project: ${library} is at ~/library (${SHARES.kind})\n`,
      );
      expect((await sandbox.processes(SHARES.server)).length).toBeGreaterThan(daemons.length);
      expect(await user.inGuest('cat ~/library/book; echo the end >>~/library/book')).toBe('once upon');
      expect(await readFile(join(library, 'book'), 'utf8')).toBe('once upon\nthe end\n');
      expect(await user.refused(['mount', library])).toMatchObject({ code: 'TARGET_TAKEN' });
      expect(await user.refused(['mount', 'no-such'])).toMatchObject({ code: 'MOUNT_SOURCE_MISSING' });
      expect(await user.json(['mount', '--readonly', library, '/srv/books'])).toEqual({
        id: expect.stringMatching(/^share-[0-9a-f]{8}$/),
        kind: SHARES.kind,
        source: library,
        target: '/srv/books',
        readonly: true,
      });
      expect(await user.inGuest('cat /srv/books/book; { echo x >/srv/books/x; } 2>&1 | sed "s/.*: //"')).toBe(
        'once upon\nthe end\nRead-only file system',
      );
      // Its root may say otherwise: this host holds it.
      expect(
        await user.inGuest(
          'mount -o remount,rw /srv/books; { echo x >/srv/books/x; } 2>&1 | sed "s/.*: //"',
          '--root',
        ),
      ).toMatch(/Read-only file system|Permission denied|not permitted/);
      expect(await user.does(['run', '-C', project, 'pwd'], { cwd: library })).toBe('/home/dewar/library\n');
    });

    test('status: a table, or JSON', async () => {
      const table = (await user.does(['status'], { cwd: sandbox.directory })).split('\n');
      expect(table[1]).toMatch(
        /^│ machine +│ state │ pid +│ slot │ uptime +│ memory +│ network +│ workspace +│$/,
      );
      expect(table[3]).toMatch(
        new RegExp(`^│ project │ up +│ ${first.pid} +│ 0 +│ \\d.* │ \\d+ of 512 MiB +│ off +│ ${project} │$`),
      );
      const [machine, ...others] = await status();
      expect(others).toEqual([]);
      expect(machine).toMatchObject({
        name: 'project',
        workspace: project,
        state: 'up',
        running: {
          machine: first.machine,
          pid: first.pid,
          slot: 0,
          how: 'booted',
          vcpus: 1,
          memory_mb: 512,
          network: 'off',
        },
      });
      expect(machine?.running?.mounts.map(({ target, kind }) => [target, kind])).toEqual([
        ['~/workspace', SHARES.kind],
        ['~/library', SHARES.kind],
        ['/srv/books', SHARES.kind],
      ]);
      expect(machine?.running?.memory_bytes).toBeGreaterThan(64 << 20);
    });

    test('unmount: not while a program uses it, unless it must', async () => {
      const daemons = await sandbox.processes(SHARES.server);
      const script = 'cd ~/library && echo ready && exec sleep 4713';
      const busy = await user.startUntil('ready', ['run', '--', 'sh', '-c', script]);
      expect(await user.refused(['unmount', '~/library'])).toMatchObject({
        code: 'MOUNT_BUSY',
        message: expect.stringMatching(/in use in the guest by sleep \(\d+\)/),
      });
      expect(await user.inGuest('cat ~/library/book')).toBe('once upon\nthe end');
      expect(await user.does(['unmount', '--force', '~/library'])).toBe('project: unmounted ~/library\n');
      expect(await user.inGuest('ls -A ~/library')).toBe('');
      // By the directory of this host, from anywhere.
      expect(await user.does(['unmount', 'library', '-C', project], { cwd: sandbox.directory })).toBe(
        'project: unmounted /srv/books\n',
      );
      expect(await user.refused(['unmount', '~/library'])).toMatchObject({ code: 'NOT_MOUNTED' });
      process.kill(busy.pid, 'SIGINT');
      await busy.ended;
      expect((await sandbox.processes(SHARES.server)).length).toBeLessThan(daemons.length);
      expect((await status())[0]?.running?.mounts.map(({ target }) => target)).toEqual(['~/workspace']);
    });

    test('fork: a second, independent machine, which thaws', async () => {
      await user.inGuest(
        'echo mine >~/marker; echo mine | sudo tee /etc/marker; printf "#!/bin/sh\\necho tool" | sudo install -m 755 /dev/stdin /usr/local/bin/tool; sync',
      );
      const fork = await user.json<UpResult>(['fork', 'review'], { cwd: deep });
      expect(fork).toMatchObject({
        name: 'project-review',
        how: THAWED,
        slot: 1,
        workspace: project,
        failed_scripts: [],
      });
      const [name, hostname, id] = (await guestIdentity('--machine', 'review')).split('\n');
      expect([name, hostname]).toEqual(['project-review', 'project-review']);
      expect((await guestIdentity()).split('\n')[2]).not.toBe(id);
      expect(
        await user.inGuest(
          'ls ~/marker /etc/marker 2>&1 | wc -l; cat ~/greeted; ls ~/workspace/made',
          '-m',
          'review',
        ),
      ).toBe('2\nhello "you"\n/home/dewar/workspace/made');
      await user.inGuest('echo fork >~/marker', '-m', 'review');
      expect(await user.inGuest('cat ~/marker')).toBe('mine');
      expect(
        (await status()).map((one) => [one.name, one.state, one.running?.slot, one.running?.how]),
      ).toEqual([
        ['project', 'up', 0, 'booted'],
        ['project-review', 'up', 1, THAWED],
      ]);
      expect(await user.does(['down', '-m', 'review'])).toBe('project-review: down\n');
      expect(await user.does(['down', '-m', 'review'])).toBe('project-review: was down\n');
      expect(await user.inGuest('cat ~/marker')).toBe('mine');
    });

    test('down: nothing is left but the disk; up again: it boots from that', async () => {
      const identity = await guestIdentity();
      expect(await user.does(['down'], { cwd: deep })).toBe('project: down\n');
      expect(await user.json(['down'])).toEqual({ name: 'project', was_up: false });
      expect(await status()).toEqual([{ name: 'project', workspace: project, state: 'down' }]);
      expect(await sandbox.leftovers()).toEqual([]);
      expect(await user.refused(['run', 'true'])).toMatchObject({ code: 'WORKSPACE_DOWN' });
      expect(await user.refused(['shell'])).toMatchObject({ code: 'WORKSPACE_DOWN' });
      expect(await user.refused(['mount', library])).toMatchObject({ code: 'WORKSPACE_DOWN' });
      expect(await user.does(['up'])).toMatch(
        /^project: booted in \d+\.\d s \(slot 0\); dewar shell opens it\n$/,
      );
      expect(await user.inGuest('cat ~/marker /etc/marker; tool; cat ~/greeted; echo "$GREETING"')).toBe(
        'mine\nmine\ntool\nhello "you"\nhello "you"\nhello "you"',
      );
      expect(await guestIdentity()).toBe(identity);
    });

    test('reset: the next machine begins anew, and thaws', async () => {
      expect(await user.refused(['reset'])).toMatchObject({ code: 'WORKSPACE_UP' });
      expect(await user.json(['reset', '--force'])).toEqual({
        name: 'project',
        removed: true,
        bytes: expect.any(Number),
      });
      expect(await sandbox.leftovers()).toEqual([]);
      expect(await user.does(['reset'])).toBe('project: had no disk\n');
      expect(await user.json(['up'])).toMatchObject({ how: THAWED, slot: 0, name: 'project' });
      expect(
        await user.inGuest(
          'ls ~/marker /etc/marker /usr/local/bin/tool 2>/dev/null; cat ~/greeted; hostname',
        ),
      ).toBe('hello "you"\nproject');
      await rm(join(project, 'made'));
      expect(await user.does(['down', '--force'])).toBe('project: down\n');
      expect(await sandbox.leftovers()).toEqual([]);
      expect(await git(project, 'status', '--porcelain')).toBe('?? .gitignore\n?? dewar.config.ts');
    });
  },
);

async function git(cwd: string, ...args: string[]): Promise<string> {
  return (await execa('git', args, { cwd })).stdout;
}
