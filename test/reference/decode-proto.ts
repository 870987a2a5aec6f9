/**
 * A plain protobuf reader for `bazel query --output=streamed_proto`. It shares no code with the engine on purpose: the
 * tests compare the two. Field numbers: Bazel's src/main/protobuf/build.proto and analysis_v2.proto.
 */

export interface Field {
  number: number;
  wireType: number;
  /** Varint and fixed fields. */
  value: bigint;
  /** Length-delimited fields. */
  bytes: Uint8Array;
}

export interface ReferenceAttribute {
  name: string;
  type: number;
  stringValue: string | undefined;
  stringListValue: string[];
  /** The attribute as it stood in the rule, without tag and length. */
  raw: Uint8Array;
}

export interface ReferenceRule {
  kind: 'Rule';
  name: string;
  ruleClass: string;
  attributes: ReferenceAttribute[];
  ruleInputs: string[];
  configuredRuleInputs: { label: string; configurationChecksum: string | undefined }[];
  ruleOutputs: string[];
  environmentHash: string | undefined;
  instantiationStack: string[];
}

export interface ReferenceSourceFile {
  kind: 'SourceFile';
  name: string;
  subincludes: string[];
}

export interface ReferenceGeneratedFile {
  kind: 'GeneratedFile';
  name: string;
  generatingRule: string;
}

export interface ReferencePackageGroup {
  kind: 'PackageGroup';
  name: string;
  containedPackages: string[];
  includedPackageGroups: string[];
}

export type ReferenceTarget =
  | ReferenceRule
  | ReferenceSourceFile
  | ReferenceGeneratedFile
  | ReferencePackageGroup;

export interface ReferenceRepository {
  canonicalName: string;
  repoRuleName: string | undefined;
  attributes: ReferenceAttribute[];
}

/** @returns the targets of a stream of length-prefixed `blaze_query.Target`; environment groups are left out */
export function decodeTargets(stream: Uint8Array): ReferenceTarget[] {
  return splitFrames(stream).flatMap((frame) => decodeTarget(frame));
}

/** @returns the targets of a stream of length-prefixed `analysis.CqueryResult` (Bazel >= 7) */
export function decodeStreamedCquery(stream: Uint8Array): ReferenceTarget[] {
  return splitFrames(stream).flatMap((frame) => decodeCqueryResult(frame));
}

/** @returns the targets of one `analysis.CqueryResult` (`--output=proto`) */
export function decodeCqueryResult(message: Uint8Array): ReferenceTarget[] {
  return all(message, 1).flatMap((configured) => {
    const target = lastBytes(readFields(configured), 1);
    return target === undefined ? [] : decodeTarget(target);
  });
}

/** @returns the frames of a stream of length-prefixed `build.Repository` */
export function decodeRepositories(stream: Uint8Array): ReferenceRepository[] {
  return splitFrames(stream).map((frame) => {
    const fields = readFields(frame);
    return {
      canonicalName: text(lastBytes(fields, 1)) ?? '',
      repoRuleName: text(lastBytes(fields, 2)),
      attributes: fields.filter((field) => field.number === 7).map((field) => decodeAttribute(field.bytes)),
    };
  });
}

/** @returns the messages of a stream in which each is preceded by its length as a varint */
export function splitFrames(stream: Uint8Array): Uint8Array[] {
  const frames: Uint8Array[] = [];
  let offset = 0;
  while (offset < stream.length) {
    const length = readVarint(stream, offset);
    const end = length.next + Number(length.value);
    if (end > stream.length)
      throw new Error(`frame at ${offset} ends at ${end}, after the stream (${stream.length})`);
    frames.push(stream.subarray(length.next, end));
    offset = end;
  }
  return frames;
}

/** Every field of a message, in the order of the bytes. */
export function readFields(message: Uint8Array): Field[] {
  const fields: Field[] = [];
  let offset = 0;
  while (offset < message.length) {
    const tag = readVarint(message, offset);
    const number = Number(tag.value >> 3n);
    const wireType = Number(tag.value & 7n);
    if (number === 0) throw new Error(`field number 0 at ${offset}`);
    const field: Field = { number, wireType, value: 0n, bytes: new Uint8Array() };
    if (wireType === 0) {
      const varint = readVarint(message, tag.next);
      field.value = varint.value;
      offset = varint.next;
    } else if (wireType === 1) offset = tag.next + 8;
    else if (wireType === 5) offset = tag.next + 4;
    else if (wireType === 2) {
      const length = readVarint(message, tag.next);
      offset = length.next + Number(length.value);
      field.bytes = message.subarray(length.next, offset);
    } else throw new Error(`wire type ${wireType} of field ${number}`);
    if (offset > message.length)
      throw new Error(`field ${number} ends at ${offset}, after its message (${message.length})`);
    fields.push(field);
  }
  return fields;
}

function decodeTarget(message: Uint8Array): ReferenceTarget[] {
  const fields = readFields(message);
  const type = lastNumber(fields, 1);
  if (type === undefined) throw new Error('a target without a type');
  if (type === 1) return [decodeRule(required(fields, 2))];
  if (type === 2) return [decodeSourceFile(required(fields, 3))];
  if (type === 3) return [decodeGeneratedFile(required(fields, 4))];
  if (type === 4) return [decodePackageGroup(required(fields, 5))];
  return [];
}

function decodeRule(message: Uint8Array): ReferenceRule {
  const fields = readFields(message);
  const byNumber = (number: number): Uint8Array[] =>
    fields.filter((f) => f.number === number).map((f) => f.bytes);
  return {
    kind: 'Rule',
    name: text(required(fields, 1)) ?? '',
    ruleClass: text(required(fields, 2)) ?? '',
    attributes: byNumber(4).map((bytes) => decodeAttribute(bytes)),
    ruleInputs: byNumber(5).map(decodeText),
    ruleOutputs: byNumber(6).map(decodeText),
    environmentHash: text(lastBytes(fields, 12)),
    instantiationStack: byNumber(13).map(decodeText),
    configuredRuleInputs: byNumber(15).map((bytes) => ({
      label: text(lastBytes(readFields(bytes), 1)) ?? '',
      configurationChecksum: text(lastBytes(readFields(bytes), 2)),
    })),
  };
}

function decodeAttribute(raw: Uint8Array): ReferenceAttribute {
  const fields = readFields(raw);
  return {
    name: text(required(fields, 1)) ?? '',
    type: lastNumber(fields, 2) ?? 0,
    stringValue: text(lastBytes(fields, 5)),
    stringListValue: fields.filter((field) => field.number === 6).map((field) => decodeText(field.bytes)),
    raw,
  };
}

function decodeSourceFile(message: Uint8Array): ReferenceSourceFile {
  return {
    kind: 'SourceFile',
    name: decodeText(required(readFields(message), 1)),
    subincludes: all(message, 3).map(decodeText),
  };
}

function decodeGeneratedFile(message: Uint8Array): ReferenceGeneratedFile {
  const fields = readFields(message);
  return {
    kind: 'GeneratedFile',
    name: decodeText(required(fields, 1)),
    generatingRule: decodeText(required(fields, 2)),
  };
}

function decodePackageGroup(message: Uint8Array): ReferencePackageGroup {
  return {
    kind: 'PackageGroup',
    name: decodeText(required(readFields(message), 1)),
    containedPackages: all(message, 2).map(decodeText),
    includedPackageGroups: all(message, 3).map(decodeText),
  };
}

function readVarint(bytes: Uint8Array, start: number): { value: bigint; next: number } {
  let value = 0n;
  for (let index = 0; index < 10; index++) {
    const byte = bytes[start + index];
    if (byte === undefined) throw new Error(`varint at ${start} is cut off`);
    value |= BigInt(byte & 0x7f) << BigInt(7 * index);
    if (byte < 0x80) return { value, next: start + index + 1 };
  }
  throw new Error(`varint at ${start} is longer than 10 bytes`);
}

function all(message: Uint8Array, number: number): Uint8Array[] {
  return readFields(message)
    .filter((field) => field.number === number)
    .map((field) => field.bytes);
}

function lastBytes(fields: readonly Field[], number: number): Uint8Array | undefined {
  return fields.findLast((field) => field.number === number && field.wireType === 2)?.bytes;
}

function lastNumber(fields: readonly Field[], number: number): number | undefined {
  const field = fields.findLast((field) => field.number === number && field.wireType === 0);
  return field === undefined ? undefined : Number(field.value);
}

function required(fields: readonly Field[], number: number): Uint8Array {
  const bytes = lastBytes(fields, number);
  if (bytes === undefined) throw new Error(`field ${number} is missing`);
  return bytes;
}

function text(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : decodeText(bytes);
}

function decodeText(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}
