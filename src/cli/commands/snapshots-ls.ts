import { resolve } from 'node:path';
import type { SnapshotList } from '../../snapshot/list-snapshots.ts';
import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import { STORE_OPTION } from './snapshot-options.ts';

export const command: CommandSpec = defineCommand({
  name: 'snapshots ls',
  summary: 'list the snapshots of a store, and what else is in it',
  description:
    'Checks manifests, names and sizes, not every byte (see snapshots verify). Half-written and foreign entries are listed as such; nothing ever uses them.',
  options: { store: STORE_OPTION },
  run: async ({ options, cwd }) => {
    const { listSnapshots } = await import('../../snapshot/list-snapshots.ts');
    const list = await listSnapshots(resolve(cwd, options.store));
    return { data: toData(list), text: await toTable(list) };
  },
});

interface Row {
  fingerprint: string;
  base_sha: string;
  state: 'complete' | 'damaged';
  /** Why it is damaged. */
  why: string | null;
  created_at: string | null;
  driver: string | null;
  workspace: string | null;
  targets: number | null;
  /** Bytes. */
  size: number | null;
}

function toData(list: SnapshotList): { snapshots: Row[]; unfinished: string[]; foreign: string[] } {
  const snapshots = list.bundles.map(({ place, state, size }): Row => {
    const manifest = state.complete ? state.manifest : undefined;
    return {
      fingerprint: place.fingerprint,
      base_sha: place.base,
      state: state.complete ? 'complete' : 'damaged',
      why: state.complete ? null : state.why,
      created_at: manifest?.created_at ?? null,
      driver: manifest?.driver ?? null,
      workspace: manifest === undefined ? null : manifest.workspace || '.',
      targets: manifest?.targets ?? null,
      size,
    };
  });
  return { snapshots, unfinished: list.unfinished, foreign: list.foreign };
}

async function toTable(list: SnapshotList): Promise<string> {
  const { default: Table } = await import('cli-table3');
  const { shortSnapshotId } = await import('../../core/names.ts');
  const table = new Table({
    head: ['snapshot', 'state', 'created', 'driver', 'workspace', 'targets', 'bytes'],
    style: { head: [], border: [], compact: true },
  });
  for (const row of toData(list).snapshots)
    table.push([
      shortSnapshotId(row.fingerprint, row.base_sha),
      row.why === null ? row.state : `${row.state}: ${row.why}`,
      row.created_at ?? '',
      row.driver ?? '',
      row.workspace ?? '',
      row.targets ?? '',
      row.size ?? '',
    ]);
  for (const path of list.unfinished) table.push([JSON.stringify(path), 'unfinished', '', '', '', '', '']);
  for (const path of list.foreign) table.push([JSON.stringify(path), 'foreign', '', '', '', '', '']);
  return table.length === 0 ? 'no snapshots' : table.toString();
}
