import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run, tail } from '../setup/run.mjs';
import { SetupError } from '../setup/say.mjs';

/**
 * QEMU emulates AMD's virtualization, with nested paging; one CPU is what is known to work. QEMU 7 does not let KVM see which
 * registers a guest switches on for XSAVE, at which Linux 7 stops.
 */
const MACHINE = '-machine q35,accel=tcg -cpu EPYC,+svm,+npt -smp 1';
const QUIET = '-no-user-config -nodefaults -display none -no-reboot';
/** Retpolines and the like cost much where every jump is emulated. */
const KERNEL = 'console=ttyS0 reboot=t panic=-1 root=/dev/vda rw mitigations=off';
const BOOT_DEADLINE_MS = 300_000;
/** Names in the machine's directory. */
export const CONSOLE_LOG = 'console.log';
const QEMU_LOG = 'qemu.log';

/**
 * Boots a machine in which /dev/kvm is real, though slow, and waits until it takes commands by ssh.
 * @param qemu path of QEMU 10
 * @param directory an empty one for its files
 * @param image what `dewar image build --json` prints; never written to
 * @param disk a raw disk, /dev/vdb in the machine
 * @param signal ends it
 * @returns `ssh` (a command line for programs in it, without a command), `ended` (a promise), `end`
 */
export async function bootMachine({ qemu, directory, image, disk, memoryMiB, signal }) {
  const key = join(directory, 'key');
  await must('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', key]);
  const port = await freePort();
  const args = [
    `${MACHINE} -m ${memoryMiB} ${QUIET}`.split(' '),
    ['-kernel', image.kernel, '-initrd', image.initrd, '-append', KERNEL],
    // what is written goes into a file without a name
    ['-drive', `file=${escape(image.rootfs)},format=raw,if=virtio,index=0,snapshot=on`],
    ['-drive', `file=${escape(disk)},format=raw,if=virtio,index=1,cache=unsafe`],
    ['-netdev', `user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:${port}-:22`],
    ['-device', 'virtio-net-pci,netdev=net', '-device', 'virtio-rng-pci'],
    ['-fw_cfg', `name=opt/dewar/authorized_keys,file=${escape(`${key}.pub`)}`],
    ['-serial', `file:${escape(join(directory, CONSOLE_LOG))}`],
  ];
  signal.throwIfAborted();
  const machine = start([qemu, ...args.flat()], directory);
  try {
    const hostKey = await untilReady(machine, directory, signal);
    writeFileSync(join(directory, 'known_hosts'), `lab ${hostKey}\n`);
    return { ...machine, ssh: sshInto(directory, key, port) };
  } catch (error) {
    await machine.end();
    throw error;
  }
}

/** The machine dies with this process, however that ends. */
function start(command, directory) {
  const words = ['--pdeathsig', 'KILL', ...command];
  const child = spawn('setpriv', words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: directory },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      said = `${said}${text}`.slice(-100_000);
      writeFileSync(join(directory, QEMU_LOG), said);
    });
  const state = { running: true };
  const ended = new Promise((done) => {
    const over = (why) => {
      state.running = false;
      done(why);
    };
    child.on('error', (error) => over(error.message));
    child.on('exit', (code, signal) =>
      over(`QEMU ended (${signal ?? code}): ${tail(withoutNoise(said), 5)}`),
    );
  });
  return {
    ended,
    isRunning: () => state.running,
    end: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** @returns the host key that the machine tells on its console */
async function untilReady(machine, directory, signal) {
  const path = join(directory, CONSOLE_LOG);
  const limit = Date.now() + BOOT_DEADLINE_MS;
  for (;;) {
    signal.throwIfAborted();
    const console = existsSync(path) ? readFileSync(path, 'latin1') : '';
    const hostKey = /dewar: host key (ssh-\S+ \S+)/.exec(console)?.[1];
    if (hostKey !== undefined && console.includes('Server listening on 0.0.0.0')) return hostKey;
    if (!machine.isRunning()) throw new SetupError(await machine.ended);
    if (Date.now() > limit)
      throw new SetupError(`the outer machine was not up after ${BOOT_DEADLINE_MS / 1000} s`);
    await sleep(200);
  }
}

function sshInto(directory, key, port) {
  const options = {
    IdentityFile: key,
    IdentitiesOnly: 'yes',
    UserKnownHostsFile: join(directory, 'known_hosts'),
    HostKeyAlias: 'lab',
    BatchMode: 'yes',
    LogLevel: 'ERROR',
    ConnectTimeout: '120',
    ServerAliveInterval: '60',
    ServerAliveCountMax: '10',
  };
  const words = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  return ['ssh', '-F', 'none', ...words, '-p', String(port), 'root@127.0.0.1'];
}

/** TCG says for each feature of the CPU model that it does not have it. */
function withoutNoise(text) {
  return text
    .split('\n')
    .filter((line) => !line.includes("TCG doesn't support requested feature"))
    .join('\n');
}

/** A comma in a value of QEMU's options is written twice. */
function escape(path) {
  return path.replaceAll(',', ',,');
}

function freePort() {
  return new Promise((done, fail) => {
    const server = createServer();
    server.on('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

async function must(program, args) {
  const { exitCode, stderr } = await run(program, args);
  if (exitCode !== 0) throw new SetupError(`${program} failed:\n${tail(stderr)}`);
}
