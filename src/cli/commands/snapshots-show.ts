import { resolve } from 'node:path';
import type { FoundSnapshot } from '../../snapshot/find-snapshots.ts';
import type { ListedBundle } from '../../snapshot/list-snapshots.ts';
import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import { STORE_OPTION } from './snapshot-options.ts';

export const command: CommandSpec = defineCommand({
  name: 'snapshots show',
  summary: 'show one snapshot: its manifest, its fingerprint by component, its size',
  arguments: {
    id: {
      description:
        'a prefix of a base commit or of a fingerprint, or <fingerprint>/<base>, as snapshots ls shows it; <fingerprint>/<base>/<mark> for a quarantined one',
      required: true,
    },
  },
  options: { store: STORE_OPTION },
  run: async ({ options, arguments: { id }, cwd }) => {
    const { findSnapshot } = await import('../../snapshot/find-snapshots.ts');
    const { listFound } = await import('../../snapshot/list-snapshots.ts');
    const { quarantineText } = await import('../../snapshot/quarantine-report.ts');
    const found = await findSnapshot(resolve(cwd, options.store), id);
    const {
      bundles: [bundle],
      quarantined: [aside],
    } = await listFound([found], 'sizes');
    if (bundle === undefined) {
      const report = aside?.report;
      const lines = [...placeLines(found), `state        quarantined: ${quarantineText(report)}`];
      if (report !== undefined) lines.push('report', JSON.stringify(report, null, 2));
      return { data: quarantinedData(found, report), text: lines.join('\n') };
    }
    const { place, state, size } = bundle;
    const data = {
      fingerprint: place.fingerprint,
      base_sha: place.base,
      directory: place.directory,
      state: state.complete ? 'complete' : 'damaged',
      why: state.complete ? null : state.why,
      size,
      manifest: state.complete ? state.manifest : null,
    };
    return { data, text: toText(bundle) };
  },
});

function quarantinedData({ fingerprint, base, directory }: FoundSnapshot, report: unknown): unknown {
  return { fingerprint, base_sha: base, directory, state: 'quarantined', report: report ?? null };
}

function placeLines({ base, fingerprint, directory }: FoundSnapshot): string[] {
  return [`base commit  ${base}`, `fingerprint  ${fingerprint}`, `directory    ${directory}`];
}

function toText({ place, state, size }: ListedBundle): string {
  const lines = placeLines(place);
  if (!state.complete) return [...lines, `state        damaged: ${state.why}`].join('\n');
  const { manifest } = state;
  return [
    ...lines,
    `state        complete`,
    `created      ${manifest.created_at} by dewar ${manifest.tool_version}`,
    `driver       ${manifest.driver}, engine ${manifest.engine}`,
    `workspace    ${manifest.workspace || '.'}`,
    `targets      ${manifest.targets}`,
    `bytes        ${size}`,
    `flags        ${manifest.flags.join(' ') || '(none)'}`,
    `env          ${manifest.env.join(' ') || '(none)'}`,
    'components',
    ...manifest.components.map(
      ({ name, digest, summary }) => `  ${name}  ${digest.slice(0, 12)}  ${summary}`,
    ),
    'files',
    ...Object.entries(manifest.files).map(
      ([name, file]) => `  ${name}  ${file.size} bytes  sha256 ${file.sha256}`,
    ),
  ].join('\n');
}
