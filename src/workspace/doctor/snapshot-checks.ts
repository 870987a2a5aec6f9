import { findProgram } from '../../platform/find-program.ts';
import type { Check } from './check.ts';
import { programCheck } from './program-check.ts';

/** What record and consume need, beside a machine. */
export const SNAPSHOT_CHECKS: readonly Check[] = [
  programCheck({
    id: 'git',
    group: 'snapshots',
    title: 'git',
    failure: 'warning',
    programs: ['git'],
    packages: ['git'],
    why: 'snapshots are of its commits',
    version: ['--version'],
  }),
  {
    id: 'bazel',
    group: 'snapshots',
    title: 'Bazel',
    async run({ env }) {
      // Its version is not asked: a bazelisk of that name would download one.
      const found = await findProgram('bazel', env['PATH'] ?? '');
      if (found !== undefined) return { level: 'ok', message: found };
      return {
        level: 'note',
        message: 'it is not on PATH; only record and consume on this host (--driver local) need it',
      };
    },
  },
];
