import { destroyCredentialDisk } from '../guest/credential-disk.ts';
import { clearSlot } from '../network/slots.ts';
import type { SlotHolder } from '../network/slots.ts';
import { endNetwork } from '../network/end-network.ts';
import { secretsDirectory } from './secrets-directory.ts';
import type { WorkspaceContext } from './workspace-context.ts';

/** Ends a machine of which only its slot is known, and removes all that it has but for its disk. */
export async function endHolder(
  { machine, driver: name, number }: SlotHolder & { number: number },
  context: WorkspaceContext,
): Promise<void> {
  const driver = await context.loadDriver(name);
  await driver.end(machine);
  await destroyCredentialDisk(await secretsDirectory(context.env, machine));
  await endNetwork({ slot: number, machine }, context);
  await clearSlot(context.env, number);
}
