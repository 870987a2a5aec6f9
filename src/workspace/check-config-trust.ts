import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { DewarError } from '../core/errors.ts';
import { readIfPresent } from '../platform/read-if-present.ts';
import { isWithin } from '../platform/is-within.ts';
import { readJournal } from './journal.ts';
import { listMachines } from './list-machines.ts';

/** Of the files that this host runs for a config, by absolute path: sha256, hex. */
export type CodeDigests = Readonly<Record<string, string>>;

export async function digestCode(files: readonly string[]): Promise<CodeDigests> {
  const digests = await Promise.all(files.map(async (path) => [path, await digestOf(path)] as const));
  return Object.fromEntries(digests);
}

/**
 * Looks, before any of it runs, whether the code of a config is that with which its machines were started. Guests cannot change
 * it, until an editor or git of this host puts another file in its place: from then on nobody knows who wrote it.
 * @param file the config; absolute
 * @throws DewarError CONFIG_CHANGED
 */
export async function checkConfigTrust(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  if (env['DEWAR_TRUST_CONFIG'] === 'yes') return;
  for (const code of await codeOfMachines(dirname(file)))
    for (const [path, digest] of Object.entries(code))
      if ((await digestOf(path)) !== digest)
        throw new DewarError({
          code: 'CONFIG_CHANGED',
          message: `${path}, which this host runs, is not what it was when the machine was started, and the machine may have written it`,
          mend: `look at it (git diff); if it is yours: DEWAR_TRUST_CONFIG=yes dewar up, once`,
        });
}

/** @returns what the machines that are not down were started with */
async function codeOfMachines(workspace: string): Promise<CodeDigests[]> {
  const machines = await listMachines(workspace);
  const journals = await Promise.all(
    // One that is damaged is told of by whoever works with it.
    machines.map(({ paths }) => readJournal(paths.journal).catch(() => undefined)),
  );
  return journals.flatMap((journal) => {
    if (journal?.machine === undefined || journal.state === 'down') return [];
    const writable = journal.mounts.flatMap(({ source, readonly }) =>
      source === undefined || readonly ? [] : [source],
    );
    const code = Object.entries(journal.machine.code);
    return [Object.fromEntries(code.filter(([path]) => writable.some((tree) => isWithin(path, tree))))];
  });
}

async function digestOf(path: string): Promise<string> {
  const bytes = await readIfPresent(path);
  return bytes === undefined ? '' : createHash('sha256').update(bytes).digest('hex');
}
