import { createWriteStream } from 'node:fs';
import type { WriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { DewarError } from '../../../core/errors.ts';
import { startProcess } from '../../../platform/background-process.ts';
import type { BackgroundProcess } from '../../../platform/background-process.ts';
import { findFreePort } from '../../../platform/free-port.ts';
import type { NetworkPlan } from '../plan/plan-qemu.ts';
import { connectGuestAgent } from '../protocol/guest-agent.ts';
import type { GuestAgent } from '../protocol/guest-agent.ts';
import { connectQmp } from '../protocol/qmp-client.ts';
import type { QmpClient, QmpEvent } from '../protocol/qmp-client.ts';
import { keptLog } from './kept-logs.ts';
import { deadline } from './machine-context.ts';
import type { MachineContext } from './machine-context.ts';
import { describeEnd } from './machine-end.ts';
import type { MachinePaths } from './machine-paths.ts';

/** A QEMU that answers. */
export interface RunningQemu {
  process: BackgroundProcess;
  qmp: QmpClient;
  agent: GuestAgent;
  /** Where sshd of the guest is reached; undefined without user networking. */
  sshPort: number | undefined;
  /** Replaces the news that a connection was lost by why the machine ended. */
  explain: (error: unknown) => Promise<unknown>;
}

export interface LaunchOptions {
  program: string;
  paths: MachinePaths;
  /** The network as the machine's owner wishes it; its port is found here. */
  network: Exclude<NetworkPlan, { kind: 'user' }> | { kind: 'user'; restrict: boolean };
  plan: (network: NetworkPlan) => string[];
  /** The saved state, which QEMU gets as file descriptor 3. */
  state?: FileHandle;
  /** A port of 127.0.0.1 for each try. */
  findPort?: () => Promise<number>;
}

/** Another program may take the port that was found between our look and QEMU's. */
const PORT_TRIES = 5;
/** A process that closed its sockets needs a moment to be gone. */
const END_GRACE_MS = 2_000;
const LOG_LIMIT = 16 << 20;

/**
 * Starts QEMU in its directory and connects to it and to the guest agent's port.
 * @throws DewarError COMMAND_NOT_FOUND, PORT_TAKEN (again and again), MACHINE_ENDED, NO_ANSWER, INTERRUPTED
 */
export async function launchQemu(options: LaunchOptions, context: MachineContext): Promise<RunningQemu> {
  for (let tries = 1; ; tries++) {
    const { network, findPort = findFreePort } = options;
    const plan: NetworkPlan = network.kind === 'user' ? { ...network, sshPort: await findPort() } : network;
    try {
      return await launchOnce(options, plan, context);
    } catch (error) {
      if (!(error instanceof DewarError) || error.code !== 'PORT_TAKEN' || tries === PORT_TRIES) throw error;
      context.emit({ type: 'debug', message: error.message });
    }
  }
}

async function launchOnce(
  { program, paths, plan, state }: LaunchOptions,
  network: NetworkPlan,
  context: MachineContext,
): Promise<RunningQemu> {
  context.beforeStart?.();
  const process = await start(program, plan(network), paths, state, context);
  const log = createWriteStream(paths.protocol, { flags: 'a', mode: 0o600 });
  // What cannot be logged is not worth a machine.
  log.on('error', () => undefined);
  let logged = 0;
  const logAs =
    (peer: string) =>
    (direction: string, line: string): void => {
      logged += line.length;
      if (logged < LOG_LIMIT) log.write(`${new Date().toISOString()} ${peer}${direction} ${line}\n`);
    };
  const whyGone = (): DewarError | undefined => process.end && describeEnd(paths, process.end);
  const shared = { deadlineMs: deadline(context, 'start'), signal: context.signal, whyGone };
  let qmp: QmpClient | undefined;
  try {
    qmp = await connectQmp(paths.monitor, {
      ...shared,
      peer: `QEMU (${paths.directory})`,
      log: logAs('qmp '),
      onEvent: (event) => warnOf(event, paths, context),
    });
    const agent = await connectGuestAgent(paths.agent, {
      ...shared,
      peer: `the guest agent (${paths.directory})`,
      deadlineMs: deadline(context, 'answer'),
      log: logAs('agent '),
    });
    void closeLog(process, log);
    const sshPort = network.kind === 'user' ? network.sshPort : undefined;
    return { process, qmp, agent, sshPort, explain: (error) => explain(error, process, paths) };
  } catch (error) {
    const explained = await explain(error, process, paths);
    qmp?.[Symbol.dispose]();
    log.end();
    await endNow(process);
    throw explained;
  }
}

async function start(
  program: string,
  args: readonly string[],
  paths: MachinePaths,
  state: FileHandle | undefined,
  { signal }: MachineContext,
): Promise<BackgroundProcess> {
  await using output = await open(paths.output, 'w', 0o600);
  return await startProcess(program, args, {
    cwd: paths.directory,
    output: output.fd,
    descriptors: state === undefined ? [] : [state.fd],
    signal,
  });
}

async function closeLog(process: BackgroundProcess, log: WriteStream): Promise<void> {
  await process.ended;
  log.end();
}

/** A disk that is full stops the guest without a word to anybody who does not listen. */
function warnOf({ event, data }: QmpEvent, paths: MachinePaths, { emit }: MachineContext): void {
  if (event !== 'BLOCK_IO_ERROR') return;
  const why = data['nospace'] === true ? 'the file system is full' : JSON.stringify(data['reason']);
  emit({
    type: 'warning',
    code: 'GUEST_DISK_ERROR',
    message: `the disk of ${paths.directory} failed to ${String(data['operation'])}: ${why}; the guest waits`,
  });
}

async function explain(error: unknown, process: BackgroundProcess, paths: MachinePaths): Promise<unknown> {
  if (!(error instanceof DewarError) || !UNCLEAR.has(error.code)) return error;
  if (error.code === 'CONNECTION_LOST') await endsWithin(process, END_GRACE_MS);
  return process.end === undefined ? withConsole(error, paths) : describeEnd(paths, process.end);
}

function withConsole(error: DewarError, paths: MachinePaths): DewarError {
  const { code, message, mend, exitCode } = error;
  const where = keptLog(paths, 'console');
  return mend.includes(where)
    ? error
    : new DewarError({ code, message, mend: `${mend}; its console: ${where}`, cause: error, exitCode });
}

const UNCLEAR = new Set(['CONNECTION_LOST', 'NO_ANSWER', 'SSH_FAILED', 'GUEST_SILENT']);

/** @returns true as soon as QEMU is gone, false when it has not gone in time */
export async function endsWithin(process: BackgroundProcess, milliseconds: number): Promise<boolean> {
  const late = sleep(milliseconds, undefined, { ref: false });
  await Promise.race([process.ended, late]);
  return process.end !== undefined;
}

/** Ends QEMU at once. */
export async function endNow(process: BackgroundProcess): Promise<void> {
  if (process.end === undefined) globalThis.process.kill(-process.pid, 'SIGKILL');
  await process.ended;
}
