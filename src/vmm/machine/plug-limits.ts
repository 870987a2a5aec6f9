import type { HotPlugOptions } from './hot-plug.ts';
import { deadline } from './machine-context.ts';
import type { MachineContext } from './machine-context.ts';
import type { MachinePaths } from './machine-paths.ts';
import { shareDaemons } from './shares/share-daemon.ts';

/** @returns how long the VMM and the guest have, and what serves the shares of a machine */
export function plugLimits(
  { directory }: MachinePaths,
  context: MachineContext,
): Pick<HotPlugOptions, 'limits' | 'daemons'> {
  const { signal } = context;
  return {
    limits: {
      answer: { deadlineMs: deadline(context, 'answer'), signal },
      unplug: { deadlineMs: deadline(context, 'unplug'), signal },
    },
    daemons: shareDaemons(directory, context),
  };
}
