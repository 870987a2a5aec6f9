import { join } from 'node:path';
import type { CommandHost } from '../../platform/command-host.ts';
import type { FileLimits } from '../../platform/ask-paths.ts';
import { copyOut } from '../../platform/copy-out.ts';
import type { Copy } from '../../platform/copy-out.ts';
import { DewarError } from '../../core/errors.ts';
import { makeTempDirectory } from '../../platform/temp-dir.ts';
import { fileSpellings, sourcePath } from '../hash/source-path.ts';
import type { SourceContext } from '../hash/source-path.ts';

export interface BroughtRepositories extends AsyncDisposable {
  /** Directories on this host by name without `@`, which have the files of the labels and nothing else. */
  roots: ReadonlyMap<string, string>;
}

/**
 * Brings source files of other repositories out of the machine in which Bazel runs, to be hashed here.
 * @param labels those whose repository is none of `roots` are left out
 * @param roots directories there, by name without `@`
 * @throws DewarError UNREADABLE, and those of running programs
 */
export async function bringRepositories(
  commands: CommandHost,
  labels: readonly string[],
  roots: ReadonlyMap<string, string>,
  limits: FileLimits,
): Promise<BroughtRepositories> {
  const directory = await makeTempDirectory('repositories');
  const here = new Map([...roots.keys()].map((name, at) => [name, join(directory.path, String(at))]));
  try {
    const copies = labels.flatMap((label) => copiesOf(label, contextOf(roots), contextOf(here)));
    await copyOut(commands, copies, limits);
  } catch (error) {
    await directory[Symbol.asyncDispose]();
    throw error;
  }
  return { roots: here, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
}

/** Each way to read the label as a file name is tried there, so that the same ones are there and missing here. */
function copiesOf(label: string, there: SourceContext, here: SourceContext): Copy[] {
  const [source, target] = [sourcePath(label, there), sourcePath(label, here)];
  if (source === undefined || target === undefined) return [];
  if (source.path.split('/').some((part) => part === '' || part === '.' || part === '..'))
    throw oddName(label);
  const targets = fileSpellings(target);
  return fileSpellings(source).flatMap((spelling, at) => {
    const to = targets[at];
    return to === undefined ? [] : [{ from: Buffer.from(spelling), to: Buffer.from(to) }];
  });
}

function contextOf(externalRoots: ReadonlyMap<string, string>): SourceContext {
  return { workspacePath: '/', contentHashes: undefined, modifiedPaths: undefined, externalRoots };
}

function oddName(label: string): DewarError {
  return new DewarError({
    code: 'UNREADABLE',
    message: `${label}, which Bazel printed in the machine, is no name of a file`,
    mend: 'leave its repository out of --fineGrainedHashExternalRepos, or use --driver local',
  });
}
