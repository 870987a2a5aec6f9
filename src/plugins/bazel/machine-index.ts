import { join } from 'node:path';
import { plainFiles } from '../../bazel/graph/plain-files.ts';
import type { GeneratedHashes } from '../../bazel/generate-hashes.ts';
import { DewarError } from '../../core/errors.ts';
import type { CommandHost } from '../../platform/command-host.ts';
import type { FileHost } from '../../platform/file-host.ts';
import { thisHostFiles } from '../../platform/file-host.ts';
import { filesOverCommands } from '../../platform/files-over-commands.ts';
import type { EngineContext, EngineRun, IndexInput } from '../../snapshot/engine.ts';
import { writeIndex } from './graph-tier.ts';
import type { IndexRun } from './graph-tier.ts';

export interface MachineIndexRun extends IndexRun {
  machine: Pick<EngineRun, 'workspacePath' | 'contentPath' | 'changedPaths'>;
  commands: CommandHost;
}

/**
 * Writes the index of a graph that Bazel has made in a machine: what it read and wrote there is looked at there.
 * @returns why no index can be written; undefined when it was
 */
export async function writeMachineIndex(
  { machine, commands, ...run }: MachineIndexRun,
  generated: GeneratedHashes,
  input: Omit<IndexInput, 'hashes'>,
  context: EngineContext,
): Promise<string | undefined> {
  try {
    const changed = await machine.changedPaths?.(context);
    if (changed === undefined) return 'nobody knows what changed in the work tree of the machine';
    const odd = changed.find((path) => path !== LOCK_FILE);
    if (odd !== undefined) return `${odd} was written in the machine while Bazel made the graph`;
    const limits = { signal: context.signal, deadlineMs: DEADLINE_MS };
    const files = withContents(filesOverCommands(commands, limits), machine, plainFiles(input.tree));
    return await writeIndex({ ...run, files }, generated, input);
  } catch (error) {
    const isOver = context.signal?.aborted === true;
    if (!isOver && error instanceof DewarError && NOT_SEEN.has(error.code)) return error.message;
    throw error;
  }
}

/** Bazel writes it anew where it is missing or old. */
const LOCK_FILE = 'MODULE.bazel.lock';
/** Of one question about many files. */
const DEADLINE_MS = 10 * 60_000;
/** Then it is not known what the machine has: that costs later answers time only. */
const NOT_SEEN: ReadonlySet<string> = new Set(['UNREADABLE', 'DEADLINE', 'GIT_FAILED', 'COMMAND_NOT_FOUND']);

/**
 * Reads plain files of the commit from the work tree on this host, which has the same ones: there may be very many.
 * @param plain their paths, relative to the workspace
 */
function withContents(
  files: FileHost,
  { workspacePath, contentPath }: MachineIndexRun['machine'],
  plain: ReadonlySet<string>,
): FileHost {
  const below = `${workspacePath}/`;
  return {
    ...files,
    read(path) {
      const inside = path.startsWith(below) ? path.slice(below.length) : undefined;
      const isSame = inside !== undefined && inside !== LOCK_FILE && plain.has(inside);
      return isSame ? thisHostFiles.read(join(contentPath, inside)) : files.read(path);
    },
  };
}
