import type { TargetType } from './target-type.ts';

/** Options of the engine, named after bazel-diff's flags. */
export interface EngineOptions {
  workspacePath: string;
  bazelPath?: string | undefined;
  bazelStartupOptions: readonly string[];
  bazelCommandOptions: readonly string[];
  cqueryCommandOptions: readonly string[];
  useCquery: boolean;
  /** Default: `deps(//...:all-targets)`. */
  cqueryExpression?: string | undefined;
  keepGoing: boolean;
  /** With their `@`, as the user wrote them. */
  fineGrainedHashExternalRepos: readonly string[];
  excludeExternalTargets: boolean;
  excludeTargetsQuery?: string | undefined;
  ignoredRuleHashingAttributes: readonly string[];
  alwaysAffectedTags: readonly string[];
  includeTargetType: boolean;
  /** Hash package groups too; they change no other value. */
  includePackageGroups: boolean;
  targetTypes?: readonly TargetType[] | undefined;
  /** A file with the paths of the seed files, one a line. */
  seedFilepaths?: string | undefined;
  /** A JSON file: content hash by path. */
  contentHashPath?: string | undefined;
  /** A file with paths relative to the workspace, one a line. */
  modifiedFilepaths?: string | undefined;
}
