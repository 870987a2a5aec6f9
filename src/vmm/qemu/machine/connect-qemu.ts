import { createWriteStream } from 'node:fs';
import { DewarError } from '../../../core/errors.ts';
import type { BackgroundProcess } from '../../../platform/background-process.ts';
import { connectGuestAgent } from '../protocol/guest-agent.ts';
import type { GuestAgent } from '../protocol/guest-agent.ts';
import { connectQmp } from '../protocol/qmp-client.ts';
import type { QmpClient, QmpEvent } from '../protocol/qmp-client.ts';
import { endsWithin } from './end-qemu.ts';
import { keptLog } from './kept-logs.ts';
import { deadline } from './machine-context.ts';
import type { MachineContext } from './machine-context.ts';
import { describeEnd } from './machine-end.ts';
import type { MachinePaths } from './machine-paths.ts';

/** A QEMU that answers. */
export interface ConnectedQemu {
  process: BackgroundProcess;
  qmp: QmpClient;
  agent: GuestAgent;
  /** Replaces the news that a connection was lost by why the machine ended. */
  explain: (error: unknown) => Promise<unknown>;
  /** Ends the connections; QEMU waits for the next ones. */
  disconnect(): void;
}

/** A process that closed its sockets needs a moment to be gone. */
const END_GRACE_MS = 2_000;
const LOG_LIMIT = 16 << 20;

/**
 * Connects to a QEMU and to the guest agent's port.
 * @throws DewarError MACHINE_ENDED, NO_ANSWER (also while another process is connected), INTERRUPTED
 */
export async function connectQemu(
  process: BackgroundProcess,
  paths: MachinePaths,
  context: MachineContext,
): Promise<ConnectedQemu> {
  const log = createWriteStream(paths.protocol, { flags: 'a', mode: 0o600 });
  // What cannot be logged is not worth a machine.
  log.on('error', () => undefined);
  let logged = 0;
  const logAs =
    (peer: string) =>
    (direction: string, line: string): void => {
      logged += line.length;
      if (logged < LOG_LIMIT && !log.writableEnded)
        log.write(`${new Date().toISOString()} ${peer}${direction} ${line}\n`);
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
    const connected = qmp;
    const disconnect = (): void => {
      connected[Symbol.dispose]();
      agent[Symbol.dispose]();
      log.end();
    };
    return { process, qmp, agent, explain: (error) => explain(error, process, paths), disconnect };
  } catch (error) {
    const explained = await explain(error, process, paths);
    qmp?.[Symbol.dispose]();
    log.end();
    throw explained;
  }
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
