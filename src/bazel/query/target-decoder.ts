import { ByteBuilder } from '../../core/byte-builder.ts';
import { RuleInputs } from '../hash/rule-inputs.ts';
import type { RuleDigester, Span } from '../hash/rule-digest.ts';
import { KIND, NO_STACK } from '../hash/target-table.ts';
import type { Kind, TargetTable } from '../hash/target-table.ts';
import { mainRepoSpelling } from '../labels.ts';
import {
  CONFIGURED_RULE_INPUT,
  GENERATED_FILE,
  RULE,
  SOURCE_FILE,
  TARGET,
  TARGET_TYPE,
} from './field-numbers.ts';
import { addPackageGroup } from './add-package-group.ts';
import { WIRE, WireReader, badQueryOutput } from './wire.ts';

export interface DecoderOptions {
  /** Take `configured_rule_input` as the inputs of a rule (cquery). */
  configured: boolean;
  /** Repositories that are hashed target by target, as the user wrote them. */
  fineGrainedRepos: readonly string[];
  /** Main-repository labels to keep, spelt with `//`; all targets when absent (cquery's incompatible ones are left out). */
  only?: ReadonlySet<string>;
  /** Keep package groups, whatever `only` says: they are never incompatible. */
  includePackageGroups?: boolean | undefined;
  /** Called for each new source file, so that its content can be hashed while the query still runs. */
  onSource?: (row: number) => void;
}

const PIPE = 0x7c;
const COLON = 0x3a;
const EXTERNAL_DIRECTORY = Buffer.from('external/');
const PARENT = Buffer.from('../');
const EMPTY: Span = { start: 0, end: 0 };

/** Decodes frames of `blaze_query.Target` into a table; nothing of a frame is kept but ids and digests. */
export class TargetDecoder {
  readonly #table: TargetTable;
  readonly #digester: RuleDigester;
  readonly #options: DecoderOptions;
  readonly #ruleInputs: RuleInputs;
  readonly #target = new WireReader();
  readonly #body = new WireReader();
  readonly #inner = new WireReader();
  readonly #message = new ByteBuilder();
  readonly #inputs: number[] = [];
  readonly #plainInputs: number[] = [];
  readonly #paths: number[] = [];
  #scratch: Buffer = Buffer.alloc(256);

  constructor(table: TargetTable, digester: RuleDigester, options: DecoderOptions) {
    this.#table = table;
    this.#digester = digester;
    this.#options = options;
    this.#ruleInputs = new RuleInputs(table.labels, options.fineGrainedRepos);
  }

  /** @throws DewarError BAD_QUERY_OUTPUT */
  decode(buffer: Uint8Array, start: number, end: number): void {
    const reader = this.#target.reset(buffer, start, end);
    let type = 0;
    let bodyStart = -1;
    let bodyEnd = -1;
    while (reader.position < end) {
      const tag = reader.varint();
      if (tag === ((TARGET.type << 3) | WIRE.varint)) {
        type = reader.varint();
      } else if ((tag & 7) === WIRE.bytes) {
        const from = reader.bytes();
        if (tag >> 3 === type + 1) {
          bodyStart = from;
          bodyEnd = reader.position;
        }
      } else reader.skip(tag & 7);
    }
    if (type < TARGET_TYPE.rule) throw badQueryOutput('a target has no type');
    const isGroup = type === TARGET_TYPE.packageGroup && this.#options.includePackageGroups === true;
    if (type > TARGET_TYPE.generatedFile && !isGroup) {
      this.#table.dropped++;
      return;
    }
    if (bodyStart === -1) throw badQueryOutput('a target has no content of its type');
    if (type === TARGET_TYPE.rule) this.#rule(buffer, bodyStart, bodyEnd);
    else if (type === TARGET_TYPE.sourceFile) this.#sourceFile(buffer, bodyStart, bodyEnd);
    else if (isGroup) addPackageGroup(this.#table, buffer, bodyStart, bodyEnd);
    else this.#generatedFile(buffer, bodyStart, bodyEnd);
  }

  #rule(buffer: Uint8Array, start: number, end: number): void {
    const table = this.#table;
    const labels = table.labels;
    const digester = this.#digester;
    const reader = this.#body.reset(buffer, start, end);
    const inputs = this.#inputs;
    const plain = this.#plainInputs;
    const paths = this.#paths;
    inputs.length = plain.length = paths.length = 0;
    digester.reset();
    let ruleClass = EMPTY;
    let name = EMPTY;
    let environment = EMPTY;
    let frames = 0;
    let always = false;
    while (reader.position < end) {
      const tag = reader.varint();
      if ((tag & 7) !== WIRE.bytes) {
        reader.skip(tag & 7);
        continue;
      }
      const from = reader.bytes();
      const to = reader.position;
      switch (tag >> 3) {
        case RULE.attribute:
          if (digester.addAttribute(buffer, from, to)) always = true;
          break;
        case RULE.ruleInput:
          (this.#options.configured ? plain : inputs).push(labels.intern(buffer, from, to));
          break;
        case RULE.configuredRuleInput:
          if (this.#options.configured) inputs.push(this.#configuredInput(buffer, from, to));
          break;
        case RULE.instantiationStack:
          frames++;
          this.#stackFrame(buffer, from, to);
          break;
        case RULE.name:
          name = { start: from, end: to };
          break;
        case RULE.ruleClass:
          ruleClass = { start: from, end: to };
          break;
        case RULE.environmentHash:
          environment = { start: from, end: to };
          break;
        default:
      }
    }
    if (name.end === name.start) throw badQueryOutput('a rule has no name');
    const label = labels.intern(buffer, name.start, name.end);
    if (!this.#claim(label, KIND.rule, table.ruleLabels.length)) return;
    if (this.#options.configured) this.#ruleInputs.completeConfigured(inputs, plain);
    else this.#ruleInputs.complete(inputs);
    digester.digestTo(table.ruleDigests, table.ruleLabels.length, buffer, [ruleClass, name, environment]);
    table.ruleLabels.push(label);
    for (const input of inputs) table.ruleInputs.push(input);
    table.ruleInputEnds.push(table.ruleInputs.length);
    table.ruleStacks.push(frames === 0 ? NO_STACK : table.stackOf(paths));
    table.ruleAlways.push(always ? 1 : 0);
  }

  #claim(label: number, kind: Kind, row: number): boolean {
    const { only } = this.#options;
    if (only !== undefined && !only.has(mainRepoSpelling(this.#table.labels.text(label)))) return false;
    return this.#table.claim(label, kind, row);
  }

  /** @returns the id of `label|checksum`, or of `label` without a configuration */
  #configuredInput(buffer: Uint8Array, start: number, end: number): number {
    const reader = this.#inner.reset(buffer, start, end);
    let label = EMPTY;
    let checksum = EMPTY;
    while (reader.position < end) {
      const tag = reader.varint();
      if ((tag & 7) !== WIRE.bytes) {
        reader.skip(tag & 7);
        continue;
      }
      const span = { start: reader.bytes(), end: reader.position };
      if (tag >> 3 === CONFIGURED_RULE_INPUT.label) label = span;
      else if (tag >> 3 === CONFIGURED_RULE_INPUT.configurationChecksum) checksum = span;
    }
    if (checksum.end === checksum.start) return this.#table.labels.intern(buffer, label.start, label.end);
    const size = label.end - label.start + 1 + checksum.end - checksum.start;
    if (size > this.#scratch.length) this.#scratch = Buffer.alloc(size * 2);
    this.#scratch.set(buffer.subarray(label.start, label.end), 0);
    this.#scratch[label.end - label.start] = PIPE;
    this.#scratch.set(buffer.subarray(checksum.start, checksum.end), label.end - label.start + 1);
    return this.#table.labels.intern(this.#scratch, 0, size);
  }

  /** Keeps the path of a frame `path:line:column: function` when it is a .bzl or .scl file of the main repository. */
  #stackFrame(buffer: Uint8Array, start: number, end: number): void {
    let colon = start;
    while (colon < end && buffer[colon] !== COLON) colon++;
    if (!isStarlark(buffer, start, colon)) return;
    if (
      buffer[start] === 0x40 ||
      hasPrefix(buffer, start, EXTERNAL_DIRECTORY) ||
      hasPrefix(buffer, start, PARENT)
    )
      return;
    this.#paths.push(this.#table.labels.intern(buffer, start, colon));
  }

  #sourceFile(buffer: Uint8Array, start: number, end: number): void {
    const table = this.#table;
    const reader = this.#body.reset(buffer, start, end);
    const message = this.#message.reset();
    const subincludes = this.#inputs;
    subincludes.length = 0;
    let name = EMPTY;
    while (reader.position < end) {
      const tag = reader.varint();
      if (tag === ((SOURCE_FILE.packageContainsErrors << 3) | WIRE.varint)) {
        if (reader.varint() !== 0) table.inBrokenPackages++;
        continue;
      }
      if ((tag & 7) !== WIRE.bytes) {
        reader.skip(tag & 7);
        continue;
      }
      const from = reader.bytes();
      if (tag >> 3 === SOURCE_FILE.name) name = { start: from, end: reader.position };
      else if (tag >> 3 === SOURCE_FILE.subinclude)
        subincludes.push(table.labels.intern(buffer, from, reader.position));
    }
    if (name.end === name.start) throw badQueryOutput('a source file has no name');
    const label = table.labels.intern(buffer, name.start, name.end);
    const row = table.sourceLabels.length;
    if (!this.#claim(label, KIND.source, row)) return;
    message.put(buffer, name.start, name.end);
    for (const subinclude of subincludes) {
      table.labels.putTo(message, subinclude);
      table.subincludes.push(subinclude);
    }
    table.subincludeEnds.push(table.subincludes.length);
    table.sourceLabels.push(label);
    message.digestTo(table.sourceDigests, row);
    this.#options.onSource?.(row);
  }

  #generatedFile(buffer: Uint8Array, start: number, end: number): void {
    const table = this.#table;
    const reader = this.#body.reset(buffer, start, end);
    let name = EMPTY;
    let rule = EMPTY;
    while (reader.position < end) {
      const tag = reader.varint();
      if ((tag & 7) !== WIRE.bytes) {
        reader.skip(tag & 7);
        continue;
      }
      const span = { start: reader.bytes(), end: reader.position };
      if (tag >> 3 === GENERATED_FILE.name) name = span;
      else if (tag >> 3 === GENERATED_FILE.generatingRule) rule = span;
    }
    if (name.end === name.start || rule.end === rule.start)
      throw badQueryOutput('a generated file has no name or no generating rule');
    const label = table.labels.intern(buffer, name.start, name.end);
    if (!this.#claim(label, KIND.generated, table.generatedLabels.length)) return;
    table.generatedLabels.push(label);
    table.generatingRules.push(table.labels.intern(buffer, rule.start, rule.end));
  }
}

function isStarlark(buffer: Uint8Array, start: number, end: number): boolean {
  return end - start >= 4 && (hasPrefix(buffer, end - 4, BZL) || hasPrefix(buffer, end - 4, SCL));
}

const BZL = Buffer.from('.bzl');
const SCL = Buffer.from('.scl');

function hasPrefix(buffer: Uint8Array, start: number, prefix: Uint8Array): boolean {
  for (let i = 0; i < prefix.length; i++) if (buffer[start + i] !== prefix[i]) return false;
  return true;
}
