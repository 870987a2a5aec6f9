import { hash } from 'node:crypto';
import { encodeQueryOutput } from './proto/build-proto.ts';
import type { RuleData, TargetData } from './proto/build-proto.ts';
import { HashSession } from '../../src/bazel/hash/hash-session.ts';
import type { HashedGraph } from '../../src/bazel/hash/hash-session.ts';

/** @param contents hashes of files by path; a file without one is missing */
export async function graphOf(
  targets: readonly TargetData[],
  contents: Readonly<Record<string, string>> = {},
): Promise<HashedGraph> {
  using session = new HashSession({
    workspacePath: '/no/such/workspace',
    configured: false,
    fineGrainedRepos: [],
    ignoredAttributes: [],
    alwaysAffectedTags: ['always'],
    contentHashes: new Map(Object.entries(contents)),
    seed: hash('sha256', '', 'buffer'),
    keepDependencies: true,
    includePackageGroups: true,
  });
  const input = session.input('query');
  input.push(Buffer.from(encodeQueryOutput(targets)));
  input.end();
  return await session.finish();
}

export function rule(
  name: string,
  ruleInputs: readonly string[] = [],
  more: Partial<RuleData> = {},
): RuleData {
  return {
    kind: 'Rule',
    name,
    ruleClass: 'genrule',
    attributes: [],
    ruleInputs,
    ruleOutputs: [],
    instantiationStack: ['a/BUILD:1:1: <toplevel>'],
    ...more,
  };
}

export function source(name: string, subincludes: readonly string[] = []): TargetData {
  return { kind: 'SourceFile', name, subincludes };
}

export function generated(name: string, generatingRule: string): TargetData {
  return { kind: 'GeneratedFile', name, generatingRule };
}
