import { DewarError } from '../../core/errors.ts';
import { CLIENT_OPTIONS, HASH_OPTIONS, TARGET_TYPE_OPTION } from '../../bazel/engine-flags.ts';
import { canonicalFlags } from '../../bazel/fingerprint/canonical-flags.ts';
import type { EngineOptions } from '../../bazel/engine-options.ts';
import { TARGET_TYPES } from '../../bazel/target-type.ts';
import type { TargetType } from '../../bazel/target-type.ts';
import type { EngineFlags } from '../../snapshot/engine.ts';

/** Flags of the engine that record and consume share. */
export interface BazelFlags extends EngineFlags {
  readonly options: Omit<EngineOptions, 'workspacePath' | 'bazelPath'>;
  /** Undefined unless a flag said so: the impacted list has a default of its own. */
  readonly excludeExternalTargets: boolean | undefined;
}

/**
 * Parses `--flag` values, each one whole flag: `--useCquery`, `--no-keep_going`, `--excludeTargetsQuery=Q`, `-co=O`.
 * @throws DewarError BAD_FLAG
 */
export function parseFlags(flags: readonly string[]): BazelFlags {
  const values: Partial<Record<FlagKey, boolean | string[]>> = {};
  for (const flag of flags) {
    const { key, value } = parseFlag(flag);
    const option = FLAGS[key];
    if (typeof value === 'boolean') values[key] = value;
    else values[key] = [...((values[key] as string[] | undefined) ?? []), ...split(option, value)];
    if (option.kind === 'string' && (values[key] as string[]).length > 1)
      throw badFlag(flag, 'it is given twice', 'give it once');
  }
  const list = (key: FlagKey): string[] => (values[key] as string[] | undefined) ?? [];
  const text = (key: FlagKey): string | undefined => list(key)[0];
  const flagOf = (key: FlagKey, byDefault: boolean): boolean =>
    (values[key] as boolean | undefined) ?? byDefault;
  assertStartupOptions(list('bazelStartupOptions'));
  if (list('targetType').includes('PackageGroup') && !flagOf('includePackageGroups', false))
    throw badFlag(
      '--targetType=PackageGroup',
      'without --includePackageGroups, package groups have no hash',
      'add --flag=--includePackageGroups, or leave PackageGroup out of --targetType',
    );
  const options = {
    bazelStartupOptions: list('bazelStartupOptions'),
    bazelCommandOptions: list('bazelCommandOptions'),
    cqueryCommandOptions: list('cqueryCommandOptions'),
    keepGoing: flagOf('keepGoing', true),
    useCquery: flagOf('useCquery', false),
    includeTargetType: flagOf('includeTargetType', false),
    includePackageGroups: flagOf('includePackageGroups', false),
    excludeExternalTargets: flagOf('excludeExternalTargets', false),
    cqueryExpression: text('cqueryExpression'),
    excludeTargetsQuery: text('excludeTargetsQuery'),
    seedFilepaths: text('seedFilepaths'),
    fineGrainedHashExternalRepos: list('fineGrainedHashExternalRepos'),
    ignoredRuleHashingAttributes: list('ignoredRuleHashingAttributes'),
    alwaysAffectedTags: list('alwaysAffectedTags'),
    targetTypes: toTargetTypes(list('targetType')),
  };
  return {
    canonical: canonicalFlags(options),
    excludeExternalTargets: values.excludeExternalTargets as boolean | undefined,
    options,
  };
}

const FLAGS = { ...CLIENT_OPTIONS, ...HASH_OPTIONS, targetType: TARGET_TYPE_OPTION };

type FlagKey = keyof typeof FLAGS;
type Option = (typeof FLAGS)[FlagKey];

/** Flags that would mean something else at each commit, or that belong to the command or the driver. */
const REFUSED: Partial<Record<FlagKey, string>> = {
  workspacePath: 'give --workspace to the command itself',
  bazelPath: 'give --bazel to the command itself',
  contentHashPath: 'leave it out: it describes one commit, and record and consume read two',
  modifiedFilepaths: 'leave it out: it describes one commit, and record and consume read two',
  fineGrainedHashExternalReposFile: 'write the repositories into --fineGrainedHashExternalRepos',
};

function parseFlag(flag: string): { key: FlagKey; value: boolean | string } {
  const [, dashes = '', name = '', value] = /^(--?)([^= ]+)(?:[= ](.*))?$/s.exec(flag) ?? [];
  for (const key of Object.keys(FLAGS) as FlagKey[]) {
    const option: Option = FLAGS[key];
    const negated = dashes === '--' && option.kind === 'boolean' && name === `no-${option.long}`;
    const short = 'short' in option ? option.short : undefined;
    if (!negated && !(dashes === '--' ? name === option.long : name === short)) continue;
    const refused = REFUSED[key];
    if (refused !== undefined) throw badFlag(flag, 'it cannot be shared by record and consume', refused);
    if (option.kind !== 'boolean') {
      if (value === undefined || value === '')
        throw badFlag(flag, 'it has no value', `write --flag=${dashes}${name}=VALUE`);
      return { key, value };
    }
    if (value !== undefined && value !== 'true' && value !== 'false')
      throw badFlag(
        flag,
        'its value is neither true nor false',
        `write --flag=--${option.long} or --flag=--no-${option.long}`,
      );
    return { key, value: (value !== 'false') !== negated };
  }
  const known = Object.values(FLAGS).map((option) => `--${option.long}`);
  throw badFlag(
    flag,
    'it is no flag of the engine',
    `give one of ${known.join(', ')}, with its value after a =`,
  );
}

function split(option: Option, value: string): string[] {
  if (option.kind !== 'list') return [value];
  return value.split(option.splitOn === 'comma' ? ',' : /\s+/).filter((part) => part !== '');
}

function toTargetTypes(types: readonly string[]): TargetType[] | undefined {
  for (const type of types)
    if (!TARGET_TYPES.includes(type as TargetType))
      throw badFlag(
        `--targetType=${type}`,
        'it is no type of targets',
        `give some of ${TARGET_TYPES.join(', ')}`,
      );
  return types.length === 0 ? undefined : (types as TargetType[]);
}

function assertStartupOptions(options: readonly string[]): void {
  for (const option of options)
    if (/^--(output_base|output_user_root|install_base|batch|max_idle_secs)\b/.test(option))
      throw badFlag(
        `--bazelStartupOptions=${option}`,
        'the driver gives each server an output base of its own',
        'leave it out; DEWAR_CACHE_DIR says where the output bases lie',
      );
}

function badFlag(flag: string, why: string, mend: string): DewarError {
  return new DewarError({ code: 'BAD_FLAG', message: `--flag=${flag}: ${why}`, mend });
}
