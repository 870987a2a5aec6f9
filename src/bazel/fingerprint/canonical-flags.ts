import { compareText } from '../../core/compare-text.ts';
import type { EngineOptions } from '../engine-options.ts';

/** Options that say where things are, or describe one commit. */
type NotGraph = 'workspacePath' | 'bazelPath' | 'seedFilepaths' | 'contentHashPath' | 'modifiedFilepaths';

const DEFAULTS: Omit<EngineOptions, NotGraph> = {
  bazelStartupOptions: [],
  bazelCommandOptions: [],
  cqueryCommandOptions: [],
  useCquery: false,
  cqueryExpression: undefined,
  keepGoing: true,
  fineGrainedHashExternalRepos: [],
  excludeExternalTargets: false,
  excludeTargetsQuery: undefined,
  ignoredRuleHashingAttributes: [],
  alwaysAffectedTags: [],
  includeTargetType: false,
  includePackageGroups: false,
  targetTypes: undefined,
};

/** @returns the options that differ from their defaults, in one order and spelling, whatever the user typed */
export function canonicalFlags(options: Omit<EngineOptions, NotGraph>): string[] {
  const names = Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[];
  return names
    .filter((name) => JSON.stringify(options[name]) !== JSON.stringify(DEFAULTS[name]))
    .map((name) => `${name}=${JSON.stringify(options[name])}`)
    .toSorted(compareText);
}
