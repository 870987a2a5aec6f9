import { rm } from 'node:fs/promises';
import { destroyCredentialDisk } from '../guest/credential-disk.ts';
import { clearSlot } from '../network/slots.ts';
import type { WorkspaceDriver } from '../vmm/workspace-driver.ts';
import { endNetwork } from '../network/end-network.ts';
import type { Journal } from './journal.ts';
import { secretsDirectory } from './secrets-directory.ts';
import type { StatePaths } from './state-paths.ts';
import type { WorkspaceContext } from './workspace-context.ts';

/** Ends a machine, whatever state it is in, and removes all that it has but for its disk; its disk too where it never came up. */
export async function discardMachine(
  { journal, paths }: { journal: Journal; paths: StatePaths },
  driver: WorkspaceDriver,
  context: WorkspaceContext,
): Promise<void> {
  const { env } = context;
  const { machine, state } = journal;
  if (machine === undefined) return;
  await driver.end(machine.id);
  await destroyCredentialDisk(await secretsDirectory(env, machine.id));
  await endNetwork({ slot: machine.slot, machine: machine.id }, context);
  await clearSlot(env, machine.slot);
  if (state === 'starting' && machine.newDisk) await rm(paths.disk, { force: true });
}
