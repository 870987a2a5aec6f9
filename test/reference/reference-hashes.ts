import type { Buffer } from 'node:buffer';
import type {
  ReferenceGeneratedFile,
  ReferencePackageGroup,
  ReferenceRule,
  ReferenceSourceFile,
  ReferenceTarget,
} from './decode-proto.ts';
import { heuristicDigest, isMainRepo, sourceDigest } from './reference-files.ts';
import type { ReferenceFileOptions } from './reference-files.ts';
import type { ReferenceHash, ReferenceResult } from './reference-result.ts';
import { referencePackageGroups } from './reference-package-groups.ts';
import { sha256 } from './sha256.ts';

export interface ReferenceOptions extends ReferenceFileOptions {
  mode: 'query' | 'cquery';
  /** Bytes of the seed files, each path once, in order. */
  seeds?: readonly Uint8Array[];
  ignoredAttributes?: readonly string[];
  alwaysAffectedTags?: readonly string[];
  /** Stands for the per-run random value of rules that have an always-affected tag. */
  randomValue?: Uint8Array;
  /** Package groups have hashes of their own; left out otherwise. */
  includePackageGroups?: boolean;
}

interface RuleDigests {
  direct: Buffer;
  overall: Buffer;
  deps: string[];
}

/**
 * The hashes of the format, by the book: recursion over the targets, first of a name wins.
 * @param targets in the order: main targets, `//external`, rules from `show_repo`
 * @throws Error for a rule cycle, and for a generated file whose rule is not among the targets
 */
export function referenceHashes(
  targets: readonly ReferenceTarget[],
  options: ReferenceOptions,
): ReferenceResult {
  const unique = new Map<string, HashedTarget>();
  for (const target of targets)
    if (target.kind !== 'PackageGroup' && !unique.has(target.name)) unique.set(target.name, target);
  const result = new ReferenceHasher(unique, options).result();
  if (options.includePackageGroups !== true) return result;
  const groups = referencePackageGroups(
    // No label stands for a group and something else in what Bazel prints; if one did, the group would not count.
    targets.filter((target) => target.kind === 'PackageGroup').filter(({ name }) => !unique.has(name)),
    sha256(...(options.seeds ?? [])),
  );
  return {
    hashes: new Map([...groups.hashes, ...result.hashes]),
    depEdges: new Map([...groups.depEdges, ...result.depEdges]),
  };
}

type HashedTarget = Exclude<ReferenceTarget, ReferencePackageGroup>;

class ReferenceHasher {
  private readonly targets: ReadonlyMap<string, HashedTarget>;
  private readonly options: ReferenceOptions;
  private readonly seed: Buffer;
  private readonly packageSeeds: ReadonlyMap<string, Buffer>;
  private readonly done = new Map<string, RuleDigests>();
  private readonly underWay = new Set<string>();

  constructor(targets: ReadonlyMap<string, HashedTarget>, options: ReferenceOptions) {
    this.targets = targets;
    this.options = options;
    this.seed = sha256(...(options.seeds ?? []));
    this.packageSeeds = packageSeeds([...targets.values()], options);
  }

  result(): ReferenceResult {
    const hashes = new Map<string, ReferenceHash>();
    const depEdges = new Map<string, string[]>();
    for (const target of this.targets.values()) {
      if (target.kind === 'SourceFile') {
        const digest = sha256(
          this.sourceFile(target),
          this.seed,
          this.packageSeeds.get(packageOf(target.name)),
        );
        hashes.set(target.name, {
          type: target.kind,
          hash: digest.toString('hex'),
          direct: digest.toString('hex'),
        });
        continue;
      }
      const digests = this.rule(target.kind === 'Rule' ? target : this.generatingRule(target));
      hashes.set(target.name, {
        type: target.kind,
        hash: digests.overall.toString('hex'),
        direct: digests.direct.toString('hex'),
      });
      depEdges.set(target.name, target.kind === 'Rule' ? digests.deps : [target.generatingRule]);
    }
    return { hashes, depEdges };
  }

  private sourceFile(file: ReferenceSourceFile): Buffer {
    return sourceDigest(file.name, sha256(file.name, ...file.subincludes), this.options);
  }

  private rule(rule: ReferenceRule): RuleDigests {
    const known = this.done.get(rule.name);
    if (known !== undefined) return known;
    if (this.underWay.has(rule.name)) throw new Error(`rule cycle through ${rule.name}`);
    this.underWay.add(rule.name);
    const digests = this.computeRule(rule);
    this.underWay.delete(rule.name);
    this.done.set(rule.name, digests);
    return digests;
  }

  private computeRule(rule: ReferenceRule): RuleDigests {
    const directParts: (Uint8Array | string | undefined)[] = [
      ruleDigest(rule, this.options.ignoredAttributes ?? []),
      this.seed,
      rule.instantiationStack.length > 0
        ? stackSeed(rule.instantiationStack, this.options)
        : this.packageSeeds.get(packageOf(rule.name)),
      this.isAlwaysAffected(rule) ? this.options.randomValue : undefined,
    ];
    const overallParts: Uint8Array[] = [];
    const deps: string[] = [];
    for (const input of ruleInputs(rule, this.options)) {
      directParts.push(input);
      const label = input.split('|')[0] ?? '';
      const target = this.targets.get(label);
      const inputRule = target === undefined ? undefined : this.ruleOf(target);
      if (target?.kind === 'SourceFile') directParts.push(this.sourceFile(target));
      else if (inputRule !== undefined && inputRule.name !== rule.name) {
        overallParts.push(this.rule(inputRule).overall);
        deps.push(label);
      } else directParts.push(heuristicDigest(label, this.options));
    }
    const direct = sha256(...directParts);
    return { direct, overall: sha256(...overallParts, direct), deps };
  }

  private ruleOf(target: HashedTarget): ReferenceRule | undefined {
    if (target.kind === 'Rule') return target;
    return target.kind === 'GeneratedFile' ? this.generatingRule(target) : undefined;
  }

  private generatingRule(file: ReferenceGeneratedFile): ReferenceRule {
    const rule = this.targets.get(file.generatingRule);
    if (rule?.kind !== 'Rule') throw new Error(`${file.name}: no rule ${file.generatingRule}`);
    return rule;
  }

  private isAlwaysAffected(rule: ReferenceRule): boolean {
    const tags = rule.attributes
      .filter((attribute) => attribute.name === 'tags')
      .flatMap((a) => a.stringListValue);
    return tags.some((tag) => (this.options.alwaysAffectedTags ?? []).includes(tag));
  }
}

/** R of the format. */
function ruleDigest(rule: ReferenceRule, ignored: readonly string[]): Buffer {
  const attributes = rule.attributes
    .filter((attribute) => attribute.name !== 'generator_location' && !ignored.includes(attribute.name))
    .toSorted((a, b) => compareUtf16(a.name, b.name));
  return sha256(
    rule.ruleClass,
    rule.name,
    rule.environmentHash,
    ...attributes.map((attribute) => attribute.raw),
  );
}

/** The inputs of a rule, without duplicates, in UTF-16 order. */
function ruleInputs(rule: ReferenceRule, options: ReferenceOptions): string[] {
  const externals = rule.ruleInputs.flatMap((input) => externalRuleOf(input, options.fineGrainedRepos ?? []));
  const inputs =
    options.mode === 'query'
      ? [...rule.ruleInputs, ...externals]
      : [
          ...rule.configuredRuleInputs.map(({ label, configurationChecksum }) =>
            configurationChecksum === undefined ? label : `${label}|${configurationChecksum}`,
          ),
          ...rule.ruleInputs.filter((input) => input.startsWith('//external:')),
          ...externals,
        ];
  return [...new Set(inputs)].toSorted(compareUtf16);
}

function externalRuleOf(input: string, fineGrained: readonly string[]): string[] {
  const parts = input.split('//');
  if (!input.startsWith('@') || isMainRepo(input) || parts.length !== 2) return [];
  if (fineGrained.some((name) => input.startsWith(name))) return [];
  return [`//external:${(parts[0] ?? '').replace(/^@+/, '')}`];
}

/** B of a rule with an instantiation stack. */
function stackSeed(stack: readonly string[], options: ReferenceOptions): Buffer {
  const paths = stack.map((frame) => frame.split(':')[0] ?? '').filter((path) => isMainRepoBzl(path));
  const parts = [...new Set(paths)].toSorted(compareUtf16).flatMap((path) => {
    const digest = heuristicDigest(`//${path}`, options);
    return digest === undefined ? [] : [path, digest];
  });
  return sha256(...parts);
}

function isMainRepoBzl(path: string): boolean {
  return /\.(bzl|scl)$/.test(path) && !/^(external\/|@|\.\.\/)/.test(path);
}

/** packageSeed of every package that has one; none at all when any rule has a stack. */
function packageSeeds(targets: readonly HashedTarget[], options: ReferenceOptions): Map<string, Buffer> {
  if (targets.some((target) => target.kind === 'Rule' && target.instantiationStack.length > 0))
    return new Map();
  const subincludes = new Map<string, Set<string>>();
  for (const target of targets) {
    if (target.kind !== 'SourceFile') continue;
    const labels = subincludes.get(packageOf(target.name)) ?? new Set();
    for (const label of target.subincludes) labels.add(label);
    subincludes.set(packageOf(target.name), labels);
  }
  const seeds = new Map<string, Buffer>();
  for (const [name, labels] of subincludes) {
    const parts = [...labels].toSorted(compareUtf16).flatMap((label) => {
      const digest = heuristicDigest(label, options);
      return digest === undefined ? [] : [label, digest];
    });
    if (parts.length > 0) seeds.set(name, sha256(...parts));
  }
  return seeds;
}

function packageOf(label: string): string {
  const colon = label.lastIndexOf(':');
  return colon === -1 ? label : label.slice(0, colon);
}

/** Order by UTF-16 code units, which is what `<` on strings does (not by code points). */
function compareUtf16(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
