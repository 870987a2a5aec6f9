/** The types of targets, as hashes files and `--targetType` name them; in the order of the impacted list. */
export const TARGET_TYPES = ['SourceFile', 'GeneratedFile', 'Rule', 'PackageGroup'] as const;
export type TargetType = (typeof TARGET_TYPES)[number];
