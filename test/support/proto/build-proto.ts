import { ProtoWriter, encodeFrames } from './proto-writer.ts';

/** Data for the messages of Bazel's build.proto; field numbers and order as Bazel writes them. */

export interface AttributeData {
  name: string;
  /** `Attribute.Discriminator`: 1 INTEGER, 2 STRING, 3 LABEL, 5 STRING_LIST, 6 LABEL_LIST … */
  type: number;
  intValue?: number | undefined;
  stringValue?: string | undefined;
  stringListValue?: readonly string[] | undefined;
  /** Field 8: key and value of each entry. */
  stringDict?: readonly (readonly [string, string])[] | undefined;
  explicitlySpecified?: boolean | undefined;
  booleanValue?: boolean | undefined;
  intListValue?: readonly number[] | undefined;
  /** Field 21: selectors, each a list of (condition, values). */
  selectorList?: readonly (readonly (readonly [string, readonly string[]])[])[] | undefined;
  nodep?: boolean | undefined;
}

export interface RuleData {
  kind: 'Rule';
  name: string;
  ruleClass: string;
  location?: string | undefined;
  attributes: readonly AttributeData[];
  ruleInputs: readonly string[];
  ruleOutputs: readonly string[];
  defaultSettings?: readonly string[] | undefined;
  environmentHash?: string | undefined;
  instantiationStack?: readonly string[] | undefined;
  configuredRuleInputs?: readonly { label: string; configurationChecksum?: string | undefined }[] | undefined;
}

export interface SourceFileData {
  kind: 'SourceFile';
  name: string;
  subincludes: readonly string[];
}

export interface GeneratedFileData {
  kind: 'GeneratedFile';
  name: string;
  generatingRule: string;
}

export interface PackageGroupData {
  kind: 'PackageGroup';
  name: string;
  containedPackages: readonly string[];
  includedPackageGroups?: readonly string[] | undefined;
}

export type TargetData = RuleData | SourceFileData | GeneratedFileData | PackageGroupData;

export interface RepositoryData {
  canonicalName: string;
  repoRuleName?: string | undefined;
  apparentName?: string | undefined;
  attributes: readonly AttributeData[];
}

/** The output of `bazel query --output=streamed_proto` for these targets. */
export function encodeQueryOutput(targets: readonly TargetData[]): Uint8Array {
  return encodeFrames(targets.map((target) => encodeTarget(target)));
}

/** The output of `bazel cquery --output=streamed_proto` (Bazel >= 7): one `CqueryResult` for each target. */
export function encodeStreamedCquery(targets: readonly TargetData[]): Uint8Array {
  return encodeFrames(targets.map((target) => encodeCqueryResult([target])));
}

/** The output of `bazel cquery --output=proto`: one `CqueryResult`. */
export function encodeCqueryResult(targets: readonly TargetData[]): Uint8Array {
  const writer = new ProtoWriter();
  for (const target of targets)
    writer.bytes(1, new ProtoWriter().bytes(1, encodeTarget(target)).varint(3, 1).finish());
  return writer.finish();
}

/** The output of `bazel mod show_repo --output=streamed_proto` (Bazel >= 8.6). */
export function encodeRepositories(repositories: readonly RepositoryData[]): Uint8Array {
  return encodeFrames(
    repositories.map((repository) =>
      new ProtoWriter()
        .text(1, repository.canonicalName)
        .text(2, repository.repoRuleName)
        .text(4, repository.apparentName)
        .messages(7, repository.attributes.map(encodeAttribute))
        .finish(),
    ),
  );
}

export function encodeTarget(target: TargetData): Uint8Array {
  const writer = new ProtoWriter();
  if (target.kind === 'Rule') return writer.varint(1, 1).bytes(2, encodeRule(target)).finish();
  if (target.kind === 'SourceFile') return writer.varint(1, 2).bytes(3, encodeSourceFile(target)).finish();
  if (target.kind === 'GeneratedFile') {
    const file = new ProtoWriter()
      .text(1, target.name)
      .text(2, target.generatingRule)
      .text(3, '/x/BUILD:1:1');
    return writer.varint(1, 3).bytes(4, file.finish()).finish();
  }
  const group = new ProtoWriter()
    .text(1, target.name)
    .texts(2, target.containedPackages)
    .texts(3, target.includedPackageGroups ?? [])
    .text(4, '/workspace/BUILD:2:2');
  return writer.varint(1, 4).bytes(5, group.finish()).finish();
}

export function encodeAttribute(attribute: AttributeData): Uint8Array {
  const writer = new ProtoWriter().text(1, attribute.name).varint(2, attribute.type);
  if (attribute.intValue !== undefined) writer.varint(3, attribute.intValue);
  writer.text(5, attribute.stringValue).texts(6, attribute.stringListValue ?? []);
  for (const [key, value] of attribute.stringDict ?? [])
    writer.bytes(8, new ProtoWriter().text(1, key).text(2, value).finish());
  if (attribute.explicitlySpecified !== undefined) writer.varint(13, Number(attribute.explicitlySpecified));
  if (attribute.booleanValue !== undefined) writer.varint(14, Number(attribute.booleanValue));
  for (const value of attribute.intListValue ?? []) writer.varint(17, value);
  if (attribute.nodep !== undefined) writer.varint(20, Number(attribute.nodep));
  if (attribute.selectorList !== undefined) writer.bytes(21, encodeSelectorList(attribute.selectorList));
  return writer.finish();
}

function encodeRule(rule: RuleData): Uint8Array {
  return new ProtoWriter()
    .text(1, rule.name)
    .text(2, rule.ruleClass)
    .text(3, rule.location)
    .messages(4, rule.attributes.map(encodeAttribute))
    .texts(5, rule.ruleInputs)
    .texts(6, rule.ruleOutputs)
    .texts(7, rule.defaultSettings ?? [])
    .text(12, rule.environmentHash)
    .texts(13, rule.instantiationStack ?? [])
    .messages(
      15,
      (rule.configuredRuleInputs ?? []).map((input) =>
        new ProtoWriter().text(1, input.label).text(2, input.configurationChecksum).finish(),
      ),
    )
    .finish();
}

function encodeSourceFile(file: SourceFileData): Uint8Array {
  return new ProtoWriter()
    .text(1, file.name)
    .text(2, '/workspace/BUILD:1:1')
    .texts(3, file.subincludes)
    .text(5, '//visibility:private')
    .finish();
}

function encodeSelectorList(list: NonNullable<AttributeData['selectorList']>): Uint8Array {
  const writer = new ProtoWriter().varint(1, 5);
  for (const selector of list) {
    const elements = new ProtoWriter();
    for (const [condition, values] of selector)
      elements.bytes(1, new ProtoWriter().text(1, condition).texts(4, values).finish());
    writer.bytes(2, elements.finish());
  }
  return writer.finish();
}
