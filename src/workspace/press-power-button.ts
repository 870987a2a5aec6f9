import type { WorkspaceDriver } from '../vmm/workspace-driver.ts';
import type { WorkspaceContext } from './workspace-context.ts';

/** A guest that does not obey is ended all the same, by the caller. */
export async function pressPowerButton(
  id: string,
  driver: WorkspaceDriver,
  deadlineMs: number,
  context: WorkspaceContext,
): Promise<void> {
  try {
    await driver.pressPowerButton(id, deadlineMs, context);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    context.emit({ type: 'warning', code: 'DOWN_FORCED', message: `it has no power button: ${why}` });
  }
}
