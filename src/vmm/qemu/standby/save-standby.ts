import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { DewarError } from '../../../core/errors.ts';
import { syncDirectory, writeDurably } from '../../../platform/durable-files.ts';
import { runCommand } from '../../../platform/run-command.ts';
import { checkedFiles } from '../../machine/freeze/checked-files.ts';
import { saveState } from '../freeze/save-state.ts';
import { hostCompatibility } from '../host/host-compatibility.ts';
import { probeQemuHost } from '../host/qemu-host.ts';
import { deadline } from '../../machine/machine-context.ts';
import type { MachineContext } from '../../machine/machine-context.ts';
import type { UnreachedMachine } from '../../machine/own-machine.ts';
import type { ConnectedQemu } from '../process/connect-qemu.ts';
import { packMemory } from './guest-memory.ts';
import { STANDBY_FILES } from './standby-record.ts';
import type { StandbyRecord } from './standby-record.ts';

/**
 * Saves a machine that nothing of its user has reached yet, and lets it run on. Memory, devices and disk are those of one
 * moment, in which the CPUs stand.
 * @param directory absolute; exists, and is empty
 * @throws DewarError NO_SPACE, FREEZE_FAILED, COMMAND_NOT_FOUND; what the machine's end gives. The machine may be stopped then
 */
export async function saveStandby(
  machine: UnreachedMachine<ConnectedQemu>,
  about: Pick<StandbyRecord, 'hardware' | 'image' | 'kernel_args'>,
  directory: string,
  context: MachineContext,
): Promise<void> {
  const { vmm: qemu, paths, hostKey, overlay } = machine;
  const { signal } = context;
  const limits = { deadlineMs: deadline(context, 'save'), signal };
  const path = (file: keyof typeof STANDBY_FILES): string => join(directory, STANDBY_FILES[file]);
  try {
    await saveState(qemu.qmp, paths.save, path('state'), limits);
    await packMemory(qemu.process.pid, path('memory'), signal);
    await copySparsely(overlay, path('disk'), signal);
    await qemu.qmp.execute('cont', undefined, limits);
  } catch (error) {
    throw await qemu.explain(error);
  }
  const checked = checkedFiles(context.env);
  for (const file of ['memory', 'state', 'disk'] as const) await chmod(path(file), 0o400);
  const record: StandbyRecord = {
    format: 1,
    ...about,
    host_key: hostKey,
    compatibility: await hostCompatibility(await probeQemuHost(context), about.hardware.machine),
    files: {
      'memory.tar': await checked.read(path('memory')),
      vmstate: await checked.read(path('state')),
      'root.qcow2': await checked.read(path('disk')),
    },
  };
  await writeDurably(path('record'), `${JSON.stringify(record)}\n`);
  await syncDirectory(directory);
}

/** @throws DewarError NO_SPACE, FREEZE_FAILED */
export async function copySparsely(from: string, to: string, signal?: AbortSignal): Promise<void> {
  const args = ['--sparse=always', '--reflink=auto', '--no-target-directory', from, to];
  const copied = await runCommand('cp', args, { signal });
  if (copied.exitCode === 0) return;
  const full = /No space left|quota/i.test(copied.stderr);
  throw new DewarError({
    code: full ? 'NO_SPACE' : 'FREEZE_FAILED',
    message: `${from} could not be copied to ${to}: ${copied.stderr.trim()}`,
    mend: full ? 'make room there' : 'use a directory that this user may write',
  });
}
