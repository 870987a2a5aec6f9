import { z } from 'zod';
import type { BackgroundProcess } from '../../../platform/background-process.ts';
import type { ConnectedVmm } from '../../machine/connected-vmm.ts';
import { failureExplainer } from '../../machine/failure-explainer.ts';
import type { Hardware } from '../../machine/hardware.ts';
import { deadline } from '../../machine/machine-context.ts';
import type { MachineContext } from '../../machine/machine-context.ts';
import type { VmmWords } from '../../machine/machine-end.ts';
import type { MachinePaths } from '../../machine/machine-paths.ts';
import { openProtocolLog } from '../../machine/protocol-log.ts';
import { connectGuestAgent } from '../../machine/protocol/guest-agent.ts';
import type { GuestAgent } from '../../machine/protocol/guest-agent.ts';
import { connectQmp } from '../protocol/qmp-client.ts';
import type { QmpClient, QmpEvent } from '../protocol/qmp-client.ts';
import { hotPlug } from './hot-plug.ts';

/** A QEMU that answers. */
export interface ConnectedQemu extends ConnectedVmm {
  qmp: QmpClient;
}

const WORDS: VmmWords = {
  name: 'QEMU',
  unusableDisk: /"node-name":"root".*: ([^:]+)$/m,
  portTaken: /Could not set up host forwarding rule/,
};

const State = z.object({ status: z.string() });

/**
 * Connects to a QEMU and to the guest agent's port.
 * @throws DewarError MACHINE_ENDED, NO_ANSWER (also while another process is connected), INTERRUPTED
 */
export async function connectQemu(
  process: BackgroundProcess,
  paths: MachinePaths,
  hardware: Hardware,
  context: MachineContext,
): Promise<ConnectedQemu> {
  const log = openProtocolLog(paths.protocol);
  const { whyGone, explain } = failureExplainer(process, paths, WORDS);
  const shared = { deadlineMs: deadline(context, 'start'), signal: context.signal, whyGone };
  let qmp: QmpClient | undefined;
  try {
    qmp = await connectQmp(paths.monitor, {
      ...shared,
      peer: `QEMU (${paths.directory})`,
      log: log.as('qmp'),
      onEvent: (event) => warnOf(event, paths, context),
    });
    const agent = await connectGuestAgent(paths.agent, {
      ...shared,
      peer: `the guest agent (${paths.directory})`,
      deadlineMs: deadline(context, 'answer'),
      log: log.as('agent'),
    });
    const connected = qmp;
    const disconnect = (): void => {
      connected[Symbol.dispose]();
      agent[Symbol.dispose]();
      log.end();
    };
    return { ...controls(connected, agent, hardware, context), process, explain, disconnect };
  } catch (error) {
    const explained = await explain(error);
    qmp?.[Symbol.dispose]();
    log.end();
    throw explained;
  }
}

function controls(
  qmp: QmpClient,
  agent: GuestAgent,
  hardware: Hardware,
  context: MachineContext,
): Omit<ConnectedQemu, 'process' | 'explain' | 'disconnect'> {
  const answer = { deadlineMs: deadline(context, 'answer'), signal: context.signal };
  return {
    qmp,
    agent,
    async pause() {
      await qmp.execute('stop', undefined, answer);
    },
    async resume() {
      await qmp.execute('cont', undefined, answer);
    },
    state: async () => State.parse(await qmp.execute('query-status', undefined, answer)).status,
    powerOff: (options) => agent.powerOff(options),
    async quit(options) {
      await qmp.execute('quit', undefined, options);
    },
    plug: (options) => hotPlug(qmp, hardware, options),
  };
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
