import { GROUPS } from './check.ts';
import type { Check, DoctorContext, Level } from './check.ts';
import { DRIVER_CHECKS } from './driver-checks.ts';
import { HOST_CHECKS } from './host-checks.ts';
import { MACHINE_CHECKS } from './machine-checks.ts';
import { NETWORK_CHECKS } from './network-checks.ts';
import { runChecks } from './run-checks.ts';
import type { CheckResult } from './run-checks.ts';
import { SHARE_CHECKS } from './share-checks.ts';
import { SNAPSHOT_CHECKS } from './snapshot-checks.ts';
import { WORKSPACE_CHECKS } from './workspace-checks.ts';

const CHECKS: readonly Check[] = [
  HOST_CHECKS,
  MACHINE_CHECKS,
  DRIVER_CHECKS,
  SHARE_CHECKS,
  NETWORK_CHECKS,
  WORKSPACE_CHECKS,
  SNAPSHOT_CHECKS,
].flat();

export interface Diagnosis {
  /** By group. */
  results: CheckResult[];
  counts: Record<Level, number>;
  /** Debian packages that mend problems and warnings; and those that would be of use. */
  packages: { missing: string[]; optional: string[] };
}

/**
 * Looks at all that dewar needs of this host, and at the workspace here. Nothing is changed.
 * @throws DewarError INTERRUPTED
 */
export async function doctor(context: DoctorContext): Promise<Diagnosis> {
  const found = await runChecks(CHECKS, context);
  const results = GROUPS.flatMap((group) => found.filter((result) => result.group === group));
  const count = (level: Level): number => results.filter((result) => result.level === level).length;
  const packagesOf = (...levels: Level[]): string[] => [
    ...new Set(results.flatMap(({ level, packages = [] }) => (levels.includes(level) ? packages : []))),
  ];
  const missing = packagesOf('problem', 'warning');
  return {
    results,
    counts: { ok: count('ok'), note: count('note'), warning: count('warning'), problem: count('problem') },
    packages: { missing, optional: packagesOf('note').filter((name) => !missing.includes(name)) },
  };
}
