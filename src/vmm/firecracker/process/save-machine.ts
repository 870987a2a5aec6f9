import { chown } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { digHoles } from '../../../platform/dig-holes.ts';
import { endNow } from '../../machine/end-vmm.ts';
import { assertRoom } from '../../machine/freeze/assert-room.ts';
import type { SavedState } from '../../machine/freeze/lay-down-machine.ts';
import type { Hardware } from '../../machine/hardware.ts';
import { deadline } from '../../machine/machine-context.ts';
import type { MachineContext } from '../../machine/machine-context.ts';
import { MACHINE_FILES } from '../../machine/machine-paths.ts';
import type { MachinePaths } from '../../machine/machine-paths.ts';
import { asFreezeFailure } from '../../machine/tap/as-freeze-failure.ts';
import { slowFactor } from '../../slow-factor.ts';
import { planFreeze } from '../plan/plan-freeze.ts';
import type { ConnectedFirecracker } from './connect-firecracker.ts';
import { memoryDeadline } from './memory-deadline.ts';

const MEBIBYTE = 2 ** 20;
/**
 * Firecracker resets what is connected by vsock when it saves. The agent does not hear of that: in each clone it would turn in
 * circles with its old connection, and take no new one. So the connection has ended before, in time for the agent to see it.
 */
const AGENT_LETS_GO_MS = 200;

/**
 * Saves a machine and ends it: memory, state and disk are those of one moment, in which the CPUs stand. They never run again,
 * so the disk is as it was then.
 * @throws DewarError NO_SPACE, FREEZE_FAILED; what the machine's end gives
 */
export async function saveMachine(
  { api, process, agent }: Pick<ConnectedFirecracker, 'api' | 'process' | 'agent'>,
  paths: MachinePaths,
  { memoryMiB }: Hardware,
  context: MachineContext,
): Promise<SavedState> {
  await assertRoom(paths.directory, memoryMiB * MEBIBYTE, `the machine's memory`);
  const { signal } = context;
  agent[Symbol.dispose]();
  await sleep(AGENT_LETS_GO_MS * slowFactor(context.env), undefined, { signal });
  const plan = planFreeze({ memory: MACHINE_FILES.memory, state: MACHINE_FILES.state });
  try {
    await api.ask(plan.pause, { deadlineMs: deadline(context, 'answer'), signal });
    await api.ask(plan.create, { deadlineMs: memoryDeadline(context, 'save', memoryMiB), signal });
  } catch (error) {
    throw asFreezeFailure(paths.directory, error);
  }
  await endNow(process);
  // They may be those of a jail's user.
  for (const file of [paths.memory, paths.state, paths.raw]) await takeBack(file);
  // All of the memory was written, also what the guest never used.
  await digHoles(paths.memory, signal);
  return { memory: paths.memory, state: paths.state, disk: paths.raw };
}

async function takeBack(file: string): Promise<void> {
  const { uid, gid } = userInfo();
  await chown(file, uid, gid);
}
