import { spawn } from 'node:child_process';
import { readFileSync, readlinkSync, readdirSync } from 'node:fs';
import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { newDeferred } from '../../../src/core/deferred.ts';

/** What a machine is made of, as far as its stand-in needs it. */
export interface MachineParts {
  /** Raw disk of an image, which has been copied for this machine. */
  disk: string | undefined;
  /** Name of a TAP of this host. */
  tap: string | undefined;
  mac: string | undefined;
  /** Kernel command line. */
  bootArgs: string;
  /** What its memory knows of its disk; 0 for one that boots. */
  tick: number;
  /** Descriptor of its serial port's file; this process's own output when undefined. */
  console: number | undefined;
}

/**
 * Stands in for a guest: the userland of its disk really runs, but on this host's kernel, in namespaces: its sshd, reached by
 * way of the real TAP, and its qemu-ga. It has no memory of its own: one that is restored starts anew from its disk.
 */
export interface StandInMachine {
  /** Stops all that runs in it, and has its disk written. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Asks it to end. */
  powerOff(): void;
  kill(): void;
  /** What a program of the guest has last written to its disk: it counts as long as the guest runs. */
  tick(): number;
  /** Connects to the guest's agent. */
  connectAgent(): Socket;
  /** Resolves when it has ended; true when that was by itself. */
  readonly ended: Promise<boolean>;
}

/** Why there are no stand-ins of guests here; undefined when there are. */
export const noStandInGuest: string | undefined =
  process.getuid?.() === 0 ? undefined : 'needs root, for mounts and namespaces';

/** Beside the program. */
const SCRIPT = fileURLToPath(new URL('start-guest.sh', import.meta.url));
const CABLE = fileURLToPath(new URL('cable.pl', import.meta.url));
/** Where the disk is mounted, in a namespace; every Debian has it. */
const ROOT = '/mnt';
const TICKS = join(ROOT, 'var/lib/stand-in-tick');
const AGENT = join(ROOT, 'run/qemu-ga.sock');
const POLL_MS = 5;

/** A machine without a guest: nobody answers. */
export function emptyMachine(): StandInMachine {
  const end = newDeferred<boolean>();
  return {
    pause: () => Promise.resolve(),
    resume: () => Promise.resolve(),
    powerOff: () => end.resolve(true),
    kill: () => end.resolve(false),
    tick: () => 0,
    connectAgent: () => createConnection('/nonexistent/agent'),
    ended: end.promise,
  };
}

/** Starts a guest's userland. @throws when its disk is not the one that its memory knows */
export async function startStandInMachine({
  disk,
  tap,
  mac,
  bootArgs,
  tick,
  console,
}: MachineParts): Promise<StandInMachine> {
  if (disk === undefined) throw new Error('a stand-in of a guest needs a root disk');
  const output = console ?? 'inherit';
  const isolate = [
    '--mount',
    '--uts',
    '--ipc',
    '--net',
    '--pid',
    '--fork',
    '--kill-child',
    '--propagation',
    'private',
  ];
  // It dies with this process, as a guest does with its VMM, and with it whatever runs in its namespaces.
  const child = spawn(
    'setpriv',
    [
      '--pdeathsig',
      'KILL',
      'unshare',
      ...isolate,
      'sh',
      SCRIPT,
      disk,
      ROOT,
      bootArgs,
      String(tick),
      tap === undefined ? '' : 'eth0',
    ],
    { stdio: ['ignore', output, output] },
  );
  const { pid } = child;
  if (pid === undefined) throw new Error('no guest can be started here: setpriv and unshare are needed');
  let killed = false;
  const ended = once(child, 'exit').then(() => !killed);
  await untilApart(pid);
  if (tap !== undefined) await plugCable(pid, tap, mac);
  const inside = (path: string): string => `/proc/${pid}/root${path}`;
  return {
    ended,
    connectAgent: () => createConnection(inside(AGENT)),
    tick: () => Number(readFileSync(inside(TICKS), 'utf8').trim()),
    powerOff: () => signalAll(pid, 'SIGTERM', { onlyFirst: true }),
    kill() {
      killed = true;
      child.kill('SIGKILL');
    },
    resume: () => Promise.resolve(signalAll(pid, 'SIGCONT')),
    async pause() {
      signalAll(pid, 'SIGSTOP');
      const sync = spawn('sync', ['--file-system', inside(ROOT)], { stdio: 'inherit' });
      await once(sync, 'exit');
    },
  };
}

/** Waits until the namespaces are there. */
async function untilApart(pid: number): Promise<void> {
  const own = readlinkSync('/proc/self/ns/net');
  while (readlinkSync(`/proc/${pid}/ns/net`) === own) await sleep(POLL_MS);
}

async function plugCable(pid: number, tap: string, mac: string | undefined): Promise<void> {
  const namespace = `/proc/${pid}/ns/net`;
  const cable = spawn('setpriv', ['--pdeathsig', 'KILL', 'perl', CABLE, tap, namespace, 'eth0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await Promise.race([once(cable.stdout, 'data'), once(cable, 'exit')]);
  const address = mac === undefined ? [] : ['address', mac];
  const up = spawn('nsenter', [`--net=${namespace}`, 'ip', 'link', 'set', 'eth0', ...address, 'up'], {
    stdio: 'inherit',
  });
  await once(up, 'exit');
}

/** Signals what runs in the pid namespace of the child of a process, until there is nothing new. */
function signalAll(pid: number, signal: NodeJS.Signals, { onlyFirst = false } = {}): void {
  const first = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0];
  if (first === undefined || first === '') return;
  if (onlyFirst) return void process.kill(Number(first), signal);
  const space = readlinkSync(`/proc/${first}/ns/pid`);
  const reached = new Set<string>();
  for (let found = true; found;) {
    found = false;
    for (const other of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      if (reached.has(other) || pidSpace(other) !== space) continue;
      reached.add(other);
      found = true;
      process.kill(Number(other), signal);
    }
  }
}

function pidSpace(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}
