import { randomBytes } from 'node:crypto';
import { readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, isAbsolute } from 'node:path';
import type { ResolvedConfig, ResolvedMount } from '../config/resolved-config.ts';
import { WORKSPACE_NAMES } from '../core/names.ts';
import { DewarError } from '../core/errors.ts';
import { assertStaysIn, writableTrees } from '../config/files/guest-links.ts';
import { isWithin } from '../platform/is-within.ts';
import type { WorkspaceMachine, WorkspaceShare } from '../vmm/workspace-driver.ts';
import { guestPath } from './guest-user.ts';
import type { HeldMachine } from './hold-machine.ts';
import type { JournalMount } from './journal.ts';
import { mountInGuest } from './mount-in-guest.ts';
import type { WorkspaceContext } from './workspace-context.ts';

/** Plugs in what the config mounts, in its order, and mounts it in the guest. */
export async function attachMounts(
  machine: WorkspaceMachine,
  config: ResolvedConfig,
  held: HeldMachine,
  context: WorkspaceContext,
): Promise<void> {
  for (const mount of config.mounts) {
    if (mount.type === 'tmpfs') await attachTmpfs(machine, mount.target, held);
    else if (!(mount.optional && !(await exists(mount.source))))
      await attachShare(machine, mount, config, held, context);
  }
}

/**
 * Shares a directory with a guest and mounts it there: by virtiofs, or where that cannot be had by ssh, with a note.
 * `DEWAR_SHARES=ssh` takes the latter at once.
 * @throws DewarError SHARE_FAILED, SFTP_SERVER_MISSING, MOUNT_REFUSED, MOUNT_FAILED, LINK_LEAVES_SHARE, INTERRUPTED
 */
export async function attachShare(
  machine: WorkspaceMachine,
  { source, target, readonly }: Extract<ResolvedMount, { type: 'share' }>,
  config: ResolvedConfig,
  held: HeldMachine,
  { env, emit, signal }: WorkspaceContext,
): Promise<JournalMount> {
  const real = await realpath(source);
  await assertStaysIn(writableTrees(config), source, real, `the source ${source} of a mount`);
  const id = newId();
  const share = { id, source: real, readOnly: readonly, ...(await protectedPaths(real, config)) };
  const entry = { id, source: real, target, readonly };
  const others = held.journal.mounts;
  // A process that comes after this one's death knows of it.
  const note = async (kind: JournalMount['kind']): Promise<JournalMount> => {
    await held.note({ mounts: [...others, { ...entry, kind }] });
    return { ...entry, kind };
  };
  if (env['DEWAR_SHARES'] !== 'ssh')
    try {
      const noted = await note('virtiofs');
      await machine.addShare(share);
      await mountInGuest(machine.ssh, { tag: id, target: guestPath(target), readonly }, signal);
      return noted;
    } catch (error) {
      if (!(error instanceof DewarError) || !NO_VIRTIOFS.has(error.code)) throw error;
      emit({ type: 'note', message: `${real} is shared by ssh, which is slower: ${error.message}` });
    }
  const noted = await note('ssh');
  await machine.addSshShare({ ...share, target: guestPath(target) });
  return noted;
}

const NO_VIRTIOFS = new Set(['VIRTIOFSD_MISSING', 'SHARE_FAILED', 'CANNOT_PLUG']);

async function attachTmpfs(machine: WorkspaceMachine, target: string, held: HeldMachine): Promise<void> {
  const entry: JournalMount = {
    id: newId(),
    kind: 'tmpfs',
    source: undefined,
    target,
    readonly: false,
  };
  await held.note({ mounts: [...held.journal.mounts, entry] });
  await mountInGuest(machine.ssh, { target: guestPath(target), readonly: false }, undefined);
}

/**
 * What of a share the guest must not see, or not change: the state of the workspace, and code that this host runs.
 * @param source absolute, without symbolic links
 */
async function protectedPaths(
  source: string,
  { directory, codeFiles }: ResolvedConfig,
): Promise<Pick<WorkspaceShare, 'hidden' | 'readOnlyPaths'>> {
  const below = (path: string): string[] => {
    const way = relative(source, path);
    return way === '' || way === '..' || way.startsWith('../') || isAbsolute(way) ? [] : [way];
  };
  const state = join(directory, WORKSPACE_NAMES.state);
  if (source === state || (below(state).length + below(directory).length === 0 && isWithin(source, state)))
    throw new DewarError({
      code: 'MOUNT_REFUSED',
      message: `${source} is the state of the workspace, which no guest may see`,
      mend: 'mount another directory',
    });
  const files = await Promise.all(
    codeFiles.map(async (path) => join(await realpath(dirname(path)), basename(path))),
  );
  return { hidden: below(state), readOnlyPaths: files.flatMap(below) };
}

/** None that was used before: a device that the guest never let go of may still have that. */
function newId(): string {
  return `share-${randomBytes(4).toString('hex')}`;
}

async function exists(path: string): Promise<boolean> {
  return readdir(path).then(
    () => true,
    () => false,
  );
}
