import { resolve } from 'node:path';
import type { SnapshotList } from '../../snapshot/list-snapshots.ts';
import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import { STORE_OPTION } from './snapshot-options.ts';

export const command: CommandSpec = defineCommand({
  name: 'snapshots ls',
  summary: 'list the snapshots of a store, and what else is in it',
  description:
    'Checks manifests, names and sizes, not every byte (see snapshots verify). Quarantined snapshots (their answer was found wrong), half-written and foreign entries are listed as such; nothing ever uses them.',
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

interface QuarantinedRow {
  fingerprint: string;
  base_sha: string;
  /** Tells several of one commit apart. */
  mark: string;
  directory: string;
  /** What `quarantine.json` says, if it can be read. */
  report: unknown;
}

interface Data {
  snapshots: Row[];
  quarantined: QuarantinedRow[];
  unfinished: string[];
  foreign: string[];
}

function toData(list: SnapshotList): Data {
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
  const quarantined = list.quarantined.map(({ place, report }) => ({
    fingerprint: place.fingerprint,
    base_sha: place.base,
    mark: place.mark,
    directory: place.directory,
    report: report ?? null,
  }));
  return { snapshots, quarantined, unfinished: list.unfinished, foreign: list.foreign };
}

async function toTable(list: SnapshotList): Promise<string> {
  const { default: Table } = await import('cli-table3');
  const { shortSnapshotId } = await import('../../core/names.ts');
  const { quarantineText } = await import('../../snapshot/quarantine-report.ts');
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
  for (const { place, report } of list.quarantined) {
    const id = shortSnapshotId(place.fingerprint, place.base, place.mark);
    table.push([id, `quarantined: ${quarantineText(report)}`, '', '', '', '', '']);
  }
  for (const path of list.unfinished) table.push([JSON.stringify(path), 'unfinished', '', '', '', '', '']);
  for (const path of list.foreign) table.push([JSON.stringify(path), 'foreign', '', '', '', '', '']);
  return table.length === 0 ? 'no snapshots' : table.toString();
}
