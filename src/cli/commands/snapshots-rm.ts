import { resolve } from 'node:path';
import type { FoundSnapshot } from '../../snapshot/find-snapshots.ts';
import type { StoreScan } from '../../snapshot/store-scan.ts';
import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import { usageError } from '../usage-error.ts';
import { STORE_OPTION } from './snapshot-options.ts';

export const command: CommandSpec = defineCommand({
  name: 'snapshots rm',
  summary: 'remove snapshots, and the servers and work trees that are kept for them on this host',
  arguments: {
    ids: {
      name: 'id',
      description:
        'a prefix of a base commit or of a fingerprint, or <fingerprint>/<base>, or <fingerprint>/<base>/<mark> for a quarantined one; each names one snapshot',
      variadic: true,
    },
  },
  options: {
    store: STORE_OPTION,
    all: { long: 'all', kind: 'boolean', description: 'all snapshots of the store; needs --force' },
    force: { long: 'force', kind: 'boolean', description: 'confirms --all' },
  },
  run: async ({ options, arguments: { ids }, emit, signal, env, cwd }) => {
    if (options.all && ids.length > 0) fail('give ids or --all, not both');
    if (!options.all && ids.length === 0) fail('give the id of a snapshot, or --all --force');
    if (options.all && !options.force)
      fail('--all removes every snapshot of the store; add --force if you mean that');

    const { loadAllDrivers, loadEngine } = await import('../../builtins.ts');
    const { shortSnapshotId } = await import('../../core/names.ts');
    const { findSnapshot } = await import('../../snapshot/find-snapshots.ts');
    const { removeSnapshots } = await import('../../snapshot/remove-snapshots.ts');
    const { scanStore } = await import('../../snapshot/store-scan.ts');
    const store = resolve(cwd, options.store);
    const found = options.all
      ? allOf(await scanStore(store))
      : await Promise.all(ids.map((id) => findSnapshot(store, id)));
    const places = [...new Map(found.map((place) => [place.directory, place])).values()];
    await removeSnapshots(store, places, await loadAllDrivers(await loadEngine(), env), { emit, signal });
    const removed = places.map(({ fingerprint, base, mark }) => ({
      fingerprint,
      base_sha: base,
      ...(mark === undefined ? {} : { mark }),
    }));
    const lines = places.map(
      ({ fingerprint, base, mark }) => `removed ${shortSnapshotId(fingerprint, base, mark)}`,
    );
    return { data: { removed }, text: lines.join('\n') || 'no snapshots' };
  },
});

function allOf({ bundles, quarantined }: StoreScan): FoundSnapshot[] {
  return [...bundles, ...quarantined];
}

function fail(message: string): never {
  throw usageError('snapshots rm', message);
}
