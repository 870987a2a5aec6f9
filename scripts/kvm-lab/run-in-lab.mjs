import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { spawn } from 'node:child_process';
import { projectRoot } from '../setup/paths.mjs';
import { run, tail } from '../setup/run.mjs';
import { ensureQemu10 } from '../setup/qemu-10.mjs';
import { say, SetupError } from '../setup/say.mjs';
import { bootMachine, CONSOLE_LOG } from './boot-machine.mjs';
import { makeDisk } from './make-disk.mjs';
import { ownDirectory, removeDirectory } from './own-directory.mjs';

/** Where the files are in the outer machine. */
export const LAB = '/lab';
/** The console of the last outer machine that failed. */
const KEPT_LOG = join(projectRoot, 'node_modules', '.cache', 'dewar-kvm-lab', CONSOLE_LOG);

const SET_UP = `modprobe -a kvm-amd tun && [ -c /dev/kvm ] && mkdir ${LAB} && mount LABEL=lab ${LAB} && mkdir -m 700 ${LAB}/tmp ${LAB}/home`;
const ENVIRONMENT = `cd ${LAB} && export HOME=${LAB}/home TMPDIR=${LAB}/tmp LC_ALL=C.UTF-8 PATH=/usr/local/bin:/usr/bin:/usr/sbin:/bin:/sbin &&`;

/**
 * Boots a machine in which KVM is real, and runs a command in it, with live output. Nothing of it stays, but the
 * console's log after a failure.
 * @param image what `dewar image build --json` prints
 * @param files what is there below LAB, see makeDisk
 * @param command for its shell, run in LAB
 * @param results paths below LAB of files that are wanted back
 * @returns exitCode, and `results`: path -> text, where there was one
 */
export async function runInLab({ image, files, command, results = [], memoryMiB = 3072, deadlineMs }) {
  const directory = ownDirectory();
  const { signal, release } = abortOnSignals();
  let machine;
  try {
    const disk = join(directory, 'disk');
    await makeDisk(disk, 'lab', files);
    const qemu = await ensureQemu10();
    const from = Date.now();
    machine = await bootMachine({ qemu, directory, image, disk, memoryMiB, signal });
    signal.addEventListener('abort', machine.end);
    await must(machine, SET_UP);
    say(`the outer machine has KVM after ${Math.round((Date.now() - from) / 1000)} s`);
    const exitCode = await runLive(machine, `${ENVIRONMENT} ${command}`, deadlineMs);
    const found = {};
    for (const path of results) {
      const { exitCode: absent, stdout } = await inside(machine, `cat ${LAB}/${path}`);
      if (absent === 0) found[path] = stdout;
    }
    signal.throwIfAborted();
    if (exitCode !== 0) keepLog(directory);
    return { exitCode, results: found };
  } catch (error) {
    signal.throwIfAborted();
    keepLog(directory);
    throw error;
  } finally {
    await machine?.end();
    removeDirectory(directory);
    release();
  }
}

function keepLog(directory) {
  const log = join(directory, CONSOLE_LOG);
  if (!existsSync(log)) return;
  mkdirSync(dirname(KEPT_LOG), { recursive: true });
  copyFileSync(log, KEPT_LOG);
  say(`what the outer machine said is in ${KEPT_LOG}`);
}

async function must(machine, script) {
  const { exitCode, stderr } = await inside(machine, script);
  if (exitCode !== 0)
    throw new SetupError(`the outer machine could not be set up (${script}):\n${tail(stderr)}`);
}

function inside({ ssh: [program, ...args] }, script) {
  return run(program, [...args, script], { deadlineMs: 300_000 });
}

/** @returns the command's exit code */
async function runLive(machine, command, deadlineMs) {
  const [program, ...args] = machine.ssh;
  const child = spawn(program, [...args, command], { stdio: ['ignore', 'inherit', 'inherit'] });
  const done = new Promise((resolve) => child.on('close', (code) => resolve({ code: code ?? 128 })));
  const failed = new Promise((resolve) => child.on('error', (error) => resolve({ why: error.message })));
  let timer;
  const late = new Promise((resolve) => {
    const why = `the command was not done after ${deadlineMs / 1000} s`;
    timer = setTimeout(() => resolve({ why }), deadlineMs);
  });
  const gone = machine.ended.then((why) => ({ why }));
  const { code, why } = await Promise.race([done, failed, late, gone]);
  clearTimeout(timer);
  child.kill();
  // ssh's own failures
  if (code === 255) throw new SetupError('the connection to the outer machine was lost');
  if (why !== undefined) throw new SetupError(why);
  return code;
}

/** Ctrl-C and the like end the machine, and what was made is removed as after a failure. */
function abortOnSignals() {
  const controller = new AbortController();
  const listener = (name) => controller.abort(new SetupError(`ended by ${name}`));
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const name of names) process.on(name, listener);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of names) process.off(name, listener);
    },
  };
}
