import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { makeCredentialDisk } from '../../src/guest/credential-disk.ts';
import { makeKeyPair } from '../../src/platform/make-key-pair.ts';
import { openSsh } from '../../src/platform/ssh.ts';
import type { Transport } from '../../src/platform/ssh.ts';
import { createMachine } from '../../src/vmm/qemu/create-machine.ts';
import { machinePaths } from '../../src/vmm/machine/machine-paths.ts';
import type { VirtualMachine } from '../../src/vmm/machine/virtual-machine.ts';
import { findQemuLab, machineLab, smallMachine } from '../support/qemu-lab.ts';
import type { MachineLab } from '../support/qemu-lab.ts';

const found = await findQemuLab('systemd');

const DISK = 'dewar-credentials';
const RUN = '/usr/lib/dewar/run';
const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

describe.skipIf('why' in found)(
  `the guest of a workspace${'why' in found ? ` (not here: ${found.why})` : ''}`,
  () => {
    if ('why' in found) return;
    let lab: MachineLab;
    let machine: VirtualMachine;
    let user: Transport;
    let memory = '';
    let keys: { privateKey: string; publicKey: string };
    const secret = `s3cr3t-${randomBytes(12).toString('hex')}`;

    beforeAll(async () => {
      lab = await machineLab(found.host);
      memory = await mkdtemp('/dev/shm/dewar-test-');
      await makeKeyPair(join(memory, 'key'), 'workspace');
      keys = {
        privateKey: await readFile(join(memory, 'key'), 'utf8'),
        publicKey: await readFile(join(memory, 'key.pub'), 'utf8'),
      };
      const spec = { ...smallMachine(found.image), memoryMiB: 512, freezable: false };
      machine = await createMachine({ ...spec, machine: 'q35' }, lab);
      user = await connectAs('dewar', machine);
    });
    afterAll(async () => {
      await machine?.kill();
      await rm(memory, { recursive: true, force: true });
      await lab[Symbol.asyncDispose]();
    });

    const asUser = async (script: string): Promise<string> => {
      const { stdout, stderr } = await user.run(['sh', '-c', script]);
      return `${stdout.toString()}${stderr}`;
    };
    const asRoot = async (script: string): Promise<string> => {
      const { stdout, stderr } = await machine.ssh.run(['sh', '-c', script]);
      return `${stdout.toString()}${stderr}`;
    };
    const run = (command: readonly string[], directory = '~', id = 'test'): ReturnType<Transport['run']> =>
      user.run([RUN, id, directory, '--', ...command]);

    /** Brings credentials by a disk, which is gone again afterwards. */
    async function bring(
      env: Record<string, string>,
      take: () => Promise<{ exitCode: number; stderr: string }> = () =>
        machine.agent.run('/usr/lib/dewar/credentials', ['--wait', '30'], { deadlineMs: 120_000 }),
    ): Promise<{ exitCode: number; stderr: string }> {
      const disk = await makeCredentialDisk({ env, ...keys }, join(memory, 'disk'));
      try {
        await machine.addDisk({ id: DISK, path: disk.path, format: 'raw', readOnly: true });
        const { exitCode, stderr } = await take();
        await machine.removeDevice(DISK);
        return { exitCode, stderr };
      } finally {
        await disk.destroy();
      }
    }

    test('takes its credentials into memory, and lets go of the disk that brought them', async () => {
      const value = `${secret}\nit's "$HOME" \\ 世界`;
      expect(await bring({ SECRET: value, OTHER: '' })).toEqual({ exitCode: 0, stderr: '' });
      expect(await asRoot('cat /sys/block/*/serial; ls /run/dewar')).not.toContain(DISK);
      expect(
        await asUser('stat -c "%a %U %G %F" ~/.env ~/.ssh ~/.ssh/id_ed25519 ~/.ssh/id_ed25519.pub'),
      ).toBe(
        [
          '600 dewar dewar regular file',
          '700 dewar dewar directory',
          '600 dewar dewar regular file',
          '600 dewar dewar regular file',
          '',
        ].join('\n'),
      );
      expect(await asUser('stat -f -c %T ~/.env ~/.ssh/id_ed25519 ~/.ssh/id_ed25519.pub')).toBe(
        'tmpfs\n'.repeat(3),
      );
      expect(await asUser('stat -c "%a %U" /run/dewar/credentials')).toBe('700 dewar\n');
      expect(await asUser('ssh-keygen -y -f ~/.ssh/id_ed25519')).toBe(keys.publicKey);
      // a login, by either shell, and a program that the host runs
      for (const command of [
        ['bash', '-lc', 'printf %s "$SECRET"'],
        ['sh', '-lc', 'printf %s "$SECRET"'],
        [RUN, 'test', '/', '--', 'printenv', '-0', 'SECRET'],
        ['sudo', RUN, 'test', '/', '--', 'printenv', '-0', 'SECRET'],
      ])
        expect((await user.run(command)).stdout.toString().replace(/\0$/, '')).toBe(value);
    });

    test('takes what a new disk brings before sshd starts again', async () => {
      const unit = (action: string): Promise<{ exitCode: number; stderr: string }> =>
        machine.agent.run('/usr/bin/systemctl', [action, 'ssh'], { deadlineMs: 60_000 });
      expect(await unit('stop')).toMatchObject({ exitCode: 0 });
      await machine.ssh.close();
      await user.close();
      const start = async (): Promise<{ exitCode: number; stderr: string }> => {
        await inGuestEventually(machine, `grep -qsx ${DISK} /sys/block/*/serial`);
        return unit('start');
      };
      expect(await bring({ NEXT: `${secret}-2` }, start)).toEqual({ exitCode: 0, stderr: '' });
      expect(await asUser('cat ~/.env')).toBe(`export NEXT='${secret}-2'\n`);
      // in the same place, not on top of it
      expect(await asRoot('grep -c /home/dewar/.env /proc/mounts')).toBe('1\n');
    });

    test('writes nothing where its user has led it', async () => {
      await asUser(
        'mv ~/.ssh ~/moved; ln -s /root ~/.ssh; cd /run/dewar/credentials; rm id_ed25519.pub; ln -s /etc/passwd id_ed25519.pub',
      );
      const before = await asRoot('sha256sum /etc/passwd; ls -la /root');
      const taken = await bring({ THIRD: `${secret}-3` });
      expect(taken).toEqual({
        exitCode: 3,
        stderr: [
          'dewar: credentials: ~/.ssh/id_ed25519: is no directory of its own',
          'dewar: credentials: ~/.ssh/id_ed25519.pub: id_ed25519.pub: Too many levels of symbolic links',
          '',
        ].join('\n'),
      });
      expect(await asRoot('sha256sum /etc/passwd; ls -la /root')).toBe(before);
      expect(await asUser('cat ~/.env')).toBe(`export THIRD='${secret}-3'\n`);
    });

    test('says when no disk comes, and asks for none at boot', async () => {
      const take = '/usr/lib/dewar/credentials';
      expect(await machine.agent.run(take, ['--wait', '0'])).toMatchObject({
        exitCode: 1,
        stderr: `dewar: credentials: no disk ${DISK} came within 0 s\n`,
      });
      expect(await machine.agent.run(take, [])).toMatchObject({ exitCode: 0, stderr: '' });
    });

    describe('runs a program', () => {
      test.each<[string, readonly string[], number, string]>([
        ['that ends well', ['true'], 0, ''],
        ['that fails', ['sh', '-c', 'exit 7'], 7, ''],
        ['that a signal ends', ['sh', '-c', 'kill -SEGV $$'], 139, ''],
        ['that is not there', ['no-such-program'], 127, 'dewar: 1: exec: no-such-program: not found\n'],
        ['that is none', ['/etc/passwd'], 126, 'dewar: 1: exec: /etc/passwd: Permission denied\n'],
        ['that begins with a dash', ['-c', 'true'], 127, 'dewar: 1: exec: -c: not found\n'],
      ])('%s: %j', async (_what, command, exitCode, stderr) => {
        expect(await run(command)).toMatchObject({ exitCode, stderr });
      });

      test('with words of any letters', async () => {
        const words = ['', ' $HOME ', `"it's"`, '-n', '\n', '--', '世界', '*'];
        expect((await run(['printf', '%s\\0', ...words])).stdout.toString()).toBe(`${words.join('\0')}\0`);
      });

      test('in its directory, else in the home', async () => {
        expect((await run(['pwd'], '/usr/share')).stdout.toString()).toBe('/usr/share\n');
        const { stdout, stderr } = await run(['pwd'], `/no 'such' directory`);
        expect([stdout.toString(), stderr]).toEqual([
          '/home/dewar\n',
          `dewar: /no 'such' directory of the machine: No such file or directory; runs in /home/dewar\n`,
        ]);
      });

      test('with its input and output unchanged', async () => {
        const bytes = Buffer.concat(Array.from({ length: 32_768 }, () => ALL_BYTES));
        const { exitCode, stdout } = await user.run([RUN, 'bytes', '/', '--', 'cat'], { input: bytes });
        expect([exitCode, stdout.equals(bytes)]).toEqual([0, true]);
        const half = ['sh', '-c', 'exec >&-; cat >/dev/null; exit 4'];
        expect(await user.run([RUN, 'half', '/', '--', ...half], { input: bytes })).toMatchObject({
          exitCode: 4,
        });
      });

      test('that is signalled by its name, with all that it has started', async () => {
        const trap = `trap 'echo caught; exit 3' INT; echo ready; while :; do sleep 0.1; done`;
        const asked = startProgram(user, 'asked', ['sh', '-c', trap]);
        await asked.says('ready');
        expect(await user.run(['/usr/lib/dewar/signal', 'asked', 'INT'])).toMatchObject({ exitCode: 0 });
        expect(await asked.ended).toBe(3);
        expect(asked.output()).toBe('ready\ncaught\n');
        const stubborn = startProgram(user, 'stubborn', ['sh', '-c', `echo ready; timeout 987 sleep 987; :`]);
        await stubborn.says('ready');
        expect(await user.run(['/usr/lib/dewar/signal', 'stubborn', 'KILL'])).toMatchObject({ exitCode: 0 });
        expect(await stubborn.ended).toBe(137);
        expect(await asRoot('pgrep -f "[s]leep 987"; ls /run/dewar/runs')).toBe('');
        const gone = await user.run(['/usr/lib/dewar/signal', 'asked', 'INT']);
        expect(gone.stderr).toBe('dewar: no program asked runs here\n');
      });

      test('that ends when whoever asked for it was killed', async () => {
        const programs = [
          ['sh', '-c', 'echo ready; sleep 971'],
          ['sh', '-c', `trap '' HUP TERM; echo ready; sleep 972; sleep 973`],
          ['sh', '-c', 'echo ready; timeout 974 sleep 974; sleep 975'],
        ].map((command, index) => startProgram(user, `orphan${index}`, command));
        for (const program of programs) await program.says('ready');
        expect(await asRoot('pgrep -fc "[s]leep 97[0-9]"')).not.toBe('0\n');
        for (const program of programs) program.child.kill('SIGKILL');
        await inGuestEventually(machine, '! pgrep -f "[s]leep 97[0-9]" && [ -z "$(ls /run/dewar/runs)" ]');
      });

      test('with a terminal of the size of ours, whose keys are signals', async () => {
        const program = `stty size; trap 'echo caught' INT; echo ready; sleep 60; kill -TERM $$`;
        const terminal = startProgram(user, 'terminal', ['sh', '-c', program], { rows: 33, columns: 77 });
        await terminal.says('ready');
        terminal.child.stdin.write('\u0003');
        expect(await terminal.ended).toBe(143);
        expect(terminal.output()).toMatch(/^33 77\r\nready\r\n\^C[^]*caught\r\n/);
        const stopped = startProgram(user, 'stopped', ['sh', '-c', 'echo ready; sleep 3; echo done'], {
          rows: 1,
          columns: 1,
        });
        await stopped.says('ready');
        stopped.child.stdin.write('\u001a');
        expect(await stopped.ended).toBe(0);
        expect(stopped.output()).toContain('done');
      });
    });

    test('has left no secret on its disk, in its logs or on a command line', async () => {
      const mark = `mark-${randomBytes(12).toString('hex')}`;
      expect(await asUser('cat ~/.env')).toContain(secret);
      await asUser(`echo ${mark} >~/mark; sync`);
      const { pid, logs } = machine;
      expect(await readFile(`/proc/${pid}/cmdline`, 'utf8')).not.toContain(secret);
      await machine.agent.powerOff();
      await expect
        .poll(() => machine.status(), { timeout: 120_000, interval: 500 })
        .toMatchObject({ alive: false });
      const { disk } = machinePaths(machine.directory);
      const bytes = await readFile(disk);
      const key = keys.privateKey.split('\n')[2] ?? '';
      expect(key.length).toBeGreaterThan(60);
      // what is on the disk is found by the same means
      expect([bytes.includes(mark), bytes.includes(secret), bytes.includes(key)]).toEqual([
        true,
        false,
        false,
      ]);
      for (const log of Object.values(logs)) expect(await readFile(log, 'utf8')).not.toContain(secret);
      await expect(stat(join(memory, 'disk'))).rejects.toMatchObject({ code: 'ENOENT' });
    });
  },
);

/** Logs in by the key of root's connection. */
async function connectAs(name: string, machine: VirtualMachine): Promise<Transport> {
  const { directory, sshArguments } = machine.ssh;
  const port = Number(/^Port=(\d+)$/m.exec(sshArguments.join('\n'))?.[1]);
  const known = await readFile(join(directory, 'known_hosts'), 'utf8');
  return openSsh({ directory, host: '127.0.0.1', port, user: name }, known.split(' ').slice(1).join(' '), {
    deadlineMs: 60_000,
  });
}

interface Program {
  child: ReturnType<typeof spawnProgram>;
  output(): string;
  says(word: string): Promise<void>;
  ended: Promise<number | null>;
}

/** Starts a program of the guest as a user does, by an ssh of its own. */
function startProgram(
  transport: Transport,
  id: string,
  command: readonly string[],
  size?: { rows: number; columns: number },
): Program {
  const words = transport.attachedArguments([RUN, id, '~', '--', ...command], size !== undefined);
  const child = spawnProgram(words, transport.directory, size);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  onTestFinished(() => void child.kill('SIGKILL'));
  const says = async (word: string): Promise<void> => {
    await expect.poll(() => output, { timeout: 60_000, interval: 100 }).toContain(word);
  };
  return { child, output: () => output, says, ended };
}

function spawnProgram(
  words: readonly string[],
  cwd: string,
  size?: { rows: number; columns: number },
): ReturnType<typeof spawnPiped> {
  if (size === undefined) return spawnPiped('ssh', words, cwd);
  const quoted = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  const script = `stty rows ${size.rows} cols ${size.columns}; exec ssh ${quoted}`;
  return spawnPiped('script', ['--quiet', '--return', '--command', script, '/dev/null'], cwd);
}

function spawnPiped(file: string, args: readonly string[], cwd: string) {
  return spawn(file, args, { cwd, stdio: ['pipe', 'pipe', 'inherit'] });
}

/** Waits until a command succeeds in the guest. */
async function inGuestEventually(machine: VirtualMachine, script: string): Promise<void> {
  await expect
    .poll(() => machine.agent.run('/bin/sh', ['-c', script]), { timeout: 60_000, interval: 500 })
    .toMatchObject({ exitCode: 0 });
}
