import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DewarError } from '../core/errors.ts';
import { quotePosix } from '../core/quote-posix.ts';
import { makeKeyPair } from './make-key-pair.ts';
import { pipeCommands } from './pipe-commands.ts';
import type { PipeResult, PipeSource } from './pipe-commands.ts';
import { runCommand } from './run-command.ts';
import type { CommandResult, RunOptions } from './run-command.ts';
import { streamCommand } from './stream-command.ts';
import type { StreamOptions, StreamResult } from './stream-command.ts';

/** Runs programs in a guest. */
export interface Transport {
  /**
   * Runs a program to its end with its output in memory; a non-zero exit is a result. Input and output are bytes. At a
   * deadline or an abort only this side is ended at once: the guest's program gets SIGPIPE when it writes.
   * @throws DewarError SSH_FAILED, DEADLINE, INTERRUPTED
   */
  run(command: readonly string[], options?: Omit<RunOptions, 'cwd' | 'env'>): Promise<CommandResult>;
  /**
   * Runs a program and hands on its output while it comes.
   * @throws DewarError as `run`, and whatever `onChunk` throws
   */
  stream(
    command: readonly string[],
    options: Omit<StreamOptions, 'cwd' | 'env' | 'argsWithFile'>,
  ): Promise<StreamResult>;
  /**
   * Runs a program whose input is the output of one of this host, past this process; its own output is dropped. Ends both with this process.
   * @throws DewarError as `run`, COMMAND_NOT_FOUND
   */
  pipe(
    source: PipeSource,
    command: readonly string[],
    options?: Pick<RunOptions, 'signal' | 'deadlineMs'>,
  ): Promise<PipeResult>;
  /** Arguments of a system `ssh` run in `directory`, for programs that run ssh themselves, such as git and rsync. */
  readonly sshArguments: readonly string[];
  readonly directory: string;
  /** The word by which the guest is named after those. */
  readonly host: string;
  /** @returns arguments of a system `ssh`, run in `directory`, whose input and output are those of a program in the guest */
  attachedArguments(command: readonly string[], terminal: boolean): string[];
  /** Ends the shared connection. */
  close(): Promise<void>;
}

export interface SshTarget {
  /** Absolute; has the key, the known hosts and the connection's socket, by `makeSshIdentity`. */
  directory: string;
  host: string;
  port: number;
  user: string;
}

export interface ConnectOptions {
  deadlineMs: number;
  signal?: AbortSignal | undefined;
  /** Uses the connection that another process opened, where it is still there. */
  reuse?: boolean;
}

/** Names in an ssh directory. */
const FILES = { key: 'key', knownHosts: 'known_hosts' } as const;
/** The only name under which the guest's host key is known: its address says nothing. */
const HOST_ALIAS = 'dewar-guest';
/** ssh's own exit code for what went wrong outside of the guest's program. */
const SSH_FAILURE = 255;
const CLOSE_DEADLINE_MS = 5_000;
const CLOSE_POLL_MS = 10;

/**
 * Makes a new key pair in a directory of its own.
 * @returns the public key, a line of authorized_keys
 * @throws DewarError COMMAND_NOT_FOUND (no ssh-keygen), SSH_FAILED
 */
export async function makeSshIdentity(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  const key = join(directory, FILES.key);
  for (const path of [key, `${key}.pub`]) await rm(path, { force: true });
  await makeKeyPair(key, 'dewar');
  return readFile(`${key}.pub`, 'utf8');
}

/**
 * Connects to a guest whose host key is known. All runs share one connection.
 * @param hostKey type and key, as in `/etc/ssh/ssh_host_ed25519_key.pub`
 * @throws DewarError SSH_FAILED (also when another host key is shown), COMMAND_NOT_FOUND (no ssh), INTERRUPTED
 */
export async function openSsh(
  target: SshTarget,
  hostKey: string,
  options: ConnectOptions,
): Promise<Transport> {
  const { directory } = target;
  const [type, key] = hostKey.trim().split(/\s+/);
  if (type === undefined || key === undefined || !/^[\w@.-]+$/.test(type) || !/^[A-Za-z0-9+/=]+$/.test(key))
    throw sshFailed(`${target.host}:${target.port}`, `${JSON.stringify(hostKey)} is no host key`);
  await writeFile(join(directory, FILES.knownHosts), `${HOST_ALIAS} ${type} ${key}\n`);
  const shared = commonArguments(target);
  const control = join(directory, controlOf(target));
  if (options.reuse !== true || !(await isAlive(control, directory, shared)))
    await connectMaster(target, shared, options);
  // The first user of a connection that has ended opens it again.
  const reconnect = async (call: Pick<RunOptions, 'signal'>): Promise<void> => {
    if (!existsSync(control))
      await connectMaster(target, shared, { deadlineMs: options.deadlineMs, signal: call.signal });
  };
  const argsFor = (command: readonly string[]): string[] => [
    // In any other mode the connection's own process holds the pipes, also when this one was ended at its deadline.
    '-O',
    'proxy',
    ...shared,
    HOST_ALIAS,
    command.map(quotePosix).join(' '),
  ];
  const checked = <T extends { exitCode: number; stderr: string }>(result: T): T => {
    if (result.exitCode === SSH_FAILURE && SSH_WORDS.test(result.stderr))
      throw sshFailed(`${target.host}:${target.port}`, result.stderr);
    return result;
  };
  return {
    directory,
    host: HOST_ALIAS,
    attachedArguments: (command, terminal) => [
      '-O',
      'proxy',
      // The first of several values is the one that counts.
      ...(terminal ? ['-oRequestTTY=force'] : []),
      ...shared,
      HOST_ALIAS,
      command.map(quotePosix).join(' '),
    ],
    sshArguments: shared,
    async run(command, call = {}) {
      await reconnect(call);
      return checked(await runCommand('ssh', argsFor(command), { ...call, cwd: directory }));
    },
    async stream(command, call) {
      await reconnect(call);
      return checked(await streamCommand('ssh', argsFor(command), { ...call, cwd: directory }));
    },
    async pipe(source, command, call = {}) {
      await reconnect(call);
      // The connection's own process reads from the pipe itself: that is twice as little work as a proxy's.
      const args = [...shared, HOST_ALIAS, command.map(quotePosix).join(' ')];
      const result = await pipeCommands(source, { file: 'ssh', args, cwd: directory }, call);
      // At its own log level it has no word for a connection that was lost.
      if (result.reader === SSH_FAILURE && result.stderr === '')
        throw sshFailed(`${target.host}:${target.port}`, 'the connection was lost');
      checked({ exitCode: result.reader, stderr: result.stderr });
      return result;
    },
    async close() {
      // A connection that is gone cannot be ended: that is as good.
      await runCommand('ssh', ['-O', 'exit', ...shared, HOST_ALIAS], {
        cwd: directory,
        deadlineMs: CLOSE_DEADLINE_MS,
      });
      // It answers before it ends; the next run must not find it.
      for (let waited = 0; existsSync(control) && waited < CLOSE_DEADLINE_MS; waited += CLOSE_POLL_MS)
        await sleep(CLOSE_POLL_MS);
      await rm(control, { force: true });
    },
  };
}

/** Ends all connections that were opened in a directory: that to a guest which is gone would wait for it. */
export async function closeConnections(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  for (const name of names.filter((name) => /^control(-|$)/.test(name))) {
    const args = ['-O', 'exit', '-F', 'none', '-o', `ControlPath=${name}`, HOST_ALIAS];
    // A connection that is gone, or no ssh at all, is as good.
    await runCommand('ssh', args, { cwd: directory, deadlineMs: CLOSE_DEADLINE_MS }).catch(() => undefined);
  }
}

/** Each user has a connection of its own. */
function controlOf({ user }: SshTarget): string {
  return user === 'root' ? 'control' : `control-${user}`;
}

/** Removes the socket of a connection that has ended without a word. */
async function isAlive(control: string, directory: string, shared: readonly string[]): Promise<boolean> {
  if (!existsSync(control)) return false;
  const args = ['-O', 'check', ...shared, HOST_ALIAS];
  const checked = await runCommand('ssh', args, { cwd: directory, deadlineMs: CLOSE_DEADLINE_MS });
  if (checked.exitCode === 0) return true;
  await rm(control, { force: true });
  return false;
}

/** Opens the connection that all runs share, as soon as sshd listens. */
async function connectMaster(
  { directory, host, port }: SshTarget,
  shared: readonly string[],
  { deadlineMs, signal }: { deadlineMs: number; signal?: AbortSignal | undefined },
): Promise<void> {
  const end = performance.now() + deadlineMs;
  let said = '';
  for (;;) {
    const left = Math.max(1, end - performance.now());
    const args = [
      '-MNf',
      `-oConnectTimeout=${Math.ceil(left / 1000)}`,
      '-oServerAliveInterval=15',
      ...shared,
      HOST_ALIAS,
    ];
    const master = await runCommand('ssh', args, { cwd: directory, deadlineMs: left, signal }).catch(
      (error: unknown) => {
        const late = error instanceof DewarError && error.code === 'DEADLINE';
        throw late ? sshFailed(`${host}:${port}`, said || `no answer within ${deadlineMs / 1000} s`) : error;
      },
    );
    if (master.exitCode === 0) return;
    said = master.stderr;
    if (!NOT_LISTENING.test(master.stderr) || performance.now() + RETRY_MS >= end)
      throw sshFailed(`${host}:${port}`, master.stderr);
    await sleep(RETRY_MS);
  }
}

/**
 * A port that QEMU forwards takes connections before anybody listens in the guest, and drops them. A guest on a TAP has no
 * address yet.
 */
const NOT_LISTENING =
  /^(kex_exchange_identification|banner exchange|Connection (reset|closed)|ssh: connect to host .*(refused|[Nn]o route to host|unreachable))/m;
const RETRY_MS = 100;

/** What ssh itself says; a guest's program may end with 255 too. */
const SSH_WORDS =
  /^(ssh: |Connection |Control socket |mux_client|kex_|client_loop|Host key |Permission denied|banner |Timeout, server|Received disconnect|Disconnected from|Broken pipe)/m;

/** Nothing is read from the user's or the system's configuration, and nothing of the user's is offered to the guest. */
function commonArguments(target: SshTarget): string[] {
  const { host, port, user } = target;
  const options = {
    HostName: host,
    Port: String(port),
    User: user,
    HostKeyAlias: HOST_ALIAS,
    UserKnownHostsFile: FILES.knownHosts,
    GlobalKnownHostsFile: '/dev/null',
    StrictHostKeyChecking: 'yes',
    UpdateHostKeys: 'no',
    IdentityFile: FILES.key,
    IdentitiesOnly: 'yes',
    IdentityAgent: 'none',
    PreferredAuthentications: 'publickey',
    BatchMode: 'yes',
    ForwardAgent: 'no',
    ForwardX11: 'no',
    RequestTTY: 'no',
    Compression: 'no',
    ControlPath: controlOf(target),
    LogLevel: 'ERROR',
  };
  return ['-F', 'none', ...Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`])];
}

function sshFailed(where: string, why: string): DewarError {
  return new DewarError({
    code: 'SSH_FAILED',
    message: `ssh to the guest (${where}) failed: ${why.trim().slice(-500) || 'no reason given'}`,
    mend: 'see what the guest says on its console: it needs sshd running',
  });
}
