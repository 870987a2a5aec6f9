/** Field numbers of blaze_query (src/main/protobuf/build.proto) and analysis_v2.proto, as Bazel 4 to 9 write them. */
export const TARGET = { type: 1, rule: 2, sourceFile: 3, generatedFile: 4, packageGroup: 5 } as const;
export const TARGET_TYPE = { rule: 1, sourceFile: 2, generatedFile: 3, packageGroup: 4 } as const;
export const RULE = {
  name: 1,
  ruleClass: 2,
  attribute: 4,
  ruleInput: 5,
  environmentHash: 12,
  instantiationStack: 13,
  configuredRuleInput: 15,
} as const;
export const ATTRIBUTE = { name: 1, stringListValue: 6 } as const;
export const SOURCE_FILE = { name: 1, subinclude: 3, packageContainsErrors: 9 } as const;
export const GENERATED_FILE = { name: 1, generatingRule: 2 } as const;
export const PACKAGE_GROUP = { name: 1, containedPackage: 2, includedPackageGroup: 3 } as const;
export const CONFIGURED_RULE_INPUT = { label: 1, configurationChecksum: 2 } as const;
export const REPOSITORY = { canonicalName: 1, repoRuleName: 2, apparentName: 4, attribute: 7 } as const;
/** CqueryResult.results, a ConfiguredTarget, whose `target` is field 1 as well. */
export const CQUERY = { results: 1, target: 1 } as const;
