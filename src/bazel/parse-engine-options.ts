import { DewarError } from '../core/errors.ts';
import type { EngineOptions } from './engine-options.ts';
import { readRepos } from './hash/read-inputs.ts';
import type { TargetType } from './target-type.ts';

/** The flags of generate-hashes as they are parsed: lists empty, strings undefined when absent. */
export interface EngineFlagValues {
  workspacePath: string;
  bazelPath: string | undefined;
  bazelStartupOptions: readonly string[];
  bazelCommandOptions: readonly string[];
  keepGoing: boolean;
  seedFilepaths: string | undefined;
  contentHashPath: string | undefined;
  modifiedFilepaths: string | undefined;
  ignoredRuleHashingAttributes: readonly string[];
  alwaysAffectedTags: readonly string[];
  includeTargetType: boolean;
  includePackageGroups: boolean;
  targetType: readonly TargetType[];
  useCquery: boolean;
  cqueryCommandOptions: readonly string[];
  cqueryExpression: string | undefined;
  excludeTargetsQuery: string | undefined;
  excludeExternalTargets: boolean;
  fineGrainedHashExternalRepos: readonly string[];
  fineGrainedHashExternalReposFile: string | undefined;
}

/** @throws DewarError USAGE, BAD_REPOS_FILE */
export async function parseEngineOptions(flags: EngineFlagValues): Promise<EngineOptions> {
  const { targetType, fineGrainedHashExternalReposFile: reposFile, ...options } = flags;
  if (reposFile !== undefined && flags.fineGrainedHashExternalRepos.length > 0)
    throw new DewarError({
      code: 'USAGE',
      message: '--fineGrainedHashExternalRepos and --fineGrainedHashExternalReposFile exclude each other',
      mend: 'give one of them',
    });
  if (targetType.includes('PackageGroup') && !flags.includePackageGroups)
    throw new DewarError({
      code: 'USAGE',
      message:
        '--targetType=PackageGroup needs --includePackageGroups: without it, package groups have no hash',
      mend: 'add --includePackageGroups, or leave PackageGroup out of --targetType',
    });
  return {
    ...options,
    fineGrainedHashExternalRepos:
      reposFile === undefined ? flags.fineGrainedHashExternalRepos : await readRepos(reposFile),
    targetTypes: targetType.length === 0 ? undefined : targetType,
  };
}
