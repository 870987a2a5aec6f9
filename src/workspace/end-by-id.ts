import type { ResolvedConfig } from '../config/resolved-config.ts';
import { DewarError } from '../core/errors.ts';
import { listSlots } from '../network/slots.ts';
import { down } from './down.ts';
import type { DownOptions, DownResult } from './down.ts';
import { endHolder } from './end-holder.ts';
import { readJournal } from './journal.ts';
import { pathsOfHolder } from './paths-of-holder.ts';
import { pressPowerButton } from './press-power-button.ts';
import type { WorkspaceContext } from './workspace-context.ts';

const NO_HOOKS: ResolvedConfig['hooks'] = { preUp: [], postUp: [], preDown: [], postDown: [] };

/**
 * Ends a machine of this user, whatever became of its workspace; no hook runs, as no config is loaded.
 * @param id as `status` shows it, or its beginning
 * @returns also its name
 * @throws DewarError NO_SUCH_MACHINE; as `down`
 */
export async function endById(
  id: string,
  options: DownOptions,
  context: WorkspaceContext,
): Promise<DownResult & { name: string }> {
  const found = (await listSlots(context.env)).filter(({ machine }) => machine.startsWith(id));
  const [holder] = found;
  if (holder === undefined || found.length > 1)
    throw new DewarError({
      code: 'NO_SUCH_MACHINE',
      message: `${found.length === 0 ? 'no machine has' : `${found.length} machines have`} an id that begins with ${JSON.stringify(id)}`,
      mend: 'take one that dewar status --json shows',
    });
  const { name, workspace, machine } = holder;
  const paths = pathsOfHolder(holder);
  const journal = await readJournal(paths.journal).catch(() => undefined);
  if (journal?.machine?.id === machine && journal.state !== 'down') {
    const config = { name, directory: workspace, hooks: NO_HOOKS };
    return { name, ...(await down(config, paths, options, context)) };
  }
  if (options.force !== true)
    await pressPowerButton(machine, await context.loadDriver(holder.driver), options.deadlineMs, context);
  await endHolder(holder, context);
  return { name, wasUp: true };
}
