import { resolve } from 'node:path';
import { EXIT } from '../../core/exit-codes.ts';
import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import { usageError } from '../usage-error.ts';
import { STORE_OPTION } from './snapshot-options.ts';

export const command: CommandSpec = defineCommand({
  name: 'snapshots verify',
  summary: 'read every byte of snapshots, and say which are damaged',
  arguments: {
    id: {
      description: 'a prefix of a base commit or of a fingerprint, or <fingerprint>/<base>; all when absent',
    },
  },
  options: {
    store: STORE_OPTION,
    all: { long: 'all', kind: 'boolean', description: 'all snapshots, as when no id is given' },
  },
  exitCodes: { 0: 'all are complete', 1: 'one is damaged, or an error' },
  run: async ({ options, arguments: { id }, cwd }) => {
    if (id !== undefined && options.all)
      throw usageError('snapshots verify', 'give an id or --all, not both');
    const { shortSnapshotId } = await import('../../core/names.ts');
    const { findSnapshots } = await import('../../snapshot/find-snapshots.ts');
    const { listFound, listSnapshots } = await import('../../snapshot/list-snapshots.ts');
    const { quarantineText } = await import('../../snapshot/quarantine-report.ts');
    const store = resolve(cwd, options.store);
    const { bundles, quarantined } =
      id === undefined
        ? await listSnapshots(store, 'everything')
        : await listFound(await findSnapshots(store, id), 'everything');
    const results = bundles.map(({ place, state }) => ({
      fingerprint: place.fingerprint,
      base_sha: place.base,
      complete: state.complete,
      why: state.complete ? null : state.why,
    }));
    const lines = results.map(
      ({ fingerprint, base_sha, why }) =>
        `${shortSnapshotId(fingerprint, base_sha)}  ${why === null ? 'complete' : `damaged: ${why}`}`,
    );
    for (const { place, report } of quarantined)
      lines.push(
        `${shortSnapshotId(place.fingerprint, place.base, place.mark)}  quarantined: ${quarantineText(report)}`,
      );
    const aside = quarantined.map(({ place, report }) => ({
      fingerprint: place.fingerprint,
      base_sha: place.base,
      mark: place.mark,
      report: report ?? null,
    }));
    return {
      data: { snapshots: results, quarantined: aside },
      text: lines.join('\n') || 'no snapshots',
      exitCode: results.every((result) => result.complete) ? EXIT.ok : EXIT.error,
    };
  },
});
