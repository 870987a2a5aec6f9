import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { decodeCqueryResult, decodeStreamedCquery, decodeTargets } from '../../reference/decode-proto.ts';
import type { ReferenceTarget } from '../../reference/decode-proto.ts';
import { referenceHashes } from '../../reference/reference-hashes.ts';
import type { ReferenceOptions } from '../../reference/reference-hashes.ts';
import type { ReferenceResult } from '../../reference/reference-result.ts';
import type { BazelFixture } from './bazel-fixture.ts';

/** How a reference run asks Bazel; the rest of the options is the reference's own. */
export interface ReferenceRun extends Partial<ReferenceOptions> {
  /** Options after the command, such as `--noenable_bzlmod`. */
  commandOptions?: readonly string[];
  keepGoing?: boolean;
  excludeExternalTargets?: boolean;
  excludeTargetsQuery?: string;
  /** False for Bazel 4: one `proto` message, no `--consistent_labels`. */
  modernCquery?: boolean;
}

/** Runs the queries of the format by hand and hashes what they print by the reference. */
export async function referenceRun(
  fixture: BazelFixture,
  options: ReferenceRun = {},
): Promise<ReferenceResult> {
  const targets =
    options.mode === 'cquery' ? await cqueryTargets(fixture, options) : await queryTargets(fixture, options);
  return referenceHashes(targets, {
    ...options,
    mode: options.mode ?? 'query',
    workspace: fixture.workspace,
    outputBase: fixture.outputBase,
    repoLocations: await repoLocations(fixture, options),
  });
}

export function typedValues(result: ReferenceResult): Map<string, string> {
  return new Map(
    [...result.hashes].map(([label, { type, hash, direct }]) => [label, `${type}#${hash}~${direct}`]),
  );
}

export function plainValues(result: ReferenceResult): Map<string, string> {
  return new Map([...result.hashes].map(([label, { hash, direct }]) => [label, `${hash}~${direct}`]));
}

async function queryTargets(fixture: BazelFixture, options: ReferenceRun): Promise<ReferenceTarget[]> {
  const patterns = [
    ...(options.excludeExternalTargets === true ? [] : ['//external:all-targets']),
    '//...:all-targets',
    ...(options.fineGrainedRepos ?? []).map((repo) => `${repo}//...:all-targets`),
  ];
  return decodeTargets(
    await query(fixture, except(patterns.map((p) => `'${p}'`).join(' + '), options), options),
  );
}

async function cqueryTargets(fixture: BazelFixture, options: ReferenceRun): Promise<ReferenceTarget[]> {
  const modern = options.modernCquery !== false;
  const expression = except('deps(//...:all-targets)', options);
  const shared = [...(modern ? ['--consistent_labels'] : []), ...flags(options)];
  const output = await fixture.output(
    [
      'cquery',
      expression,
      '--transitions=lite',
      '--proto:instantiation_stack',
      ...(modern ? ['--output=streamed_proto'] : ['--output=proto']),
      ...shared,
    ],
    accepted(options),
  );
  const compatible = await compatibleLabels(fixture, expression, shared, options);
  const main = (modern ? decodeStreamedCquery(output) : decodeCqueryResult(output)).filter(
    ({ kind, name }) => kind === 'PackageGroup' || compatible.has(mainLabel(name)),
  );
  if (options.excludeExternalTargets === true) return main;
  return [...main, ...decodeTargets(await query(fixture, "'//external:all-targets'", options))];
}

/** The labels of the targets that have providers and no IncompatiblePlatformProvider. */
async function compatibleLabels(
  fixture: BazelFixture,
  expression: string,
  shared: readonly string[],
  options: ReferenceRun,
): Promise<Set<string>> {
  const formatter = join(fixture.directory, 'compatible.cquery');
  await writeFile(
    formatter,
    `def format(target):
    found = providers(target)
    if found == None or "IncompatiblePlatformProvider" in found:
        return ""
    described = repr(target)
    if described.startswith("<alias target "):
        return described[len("<alias target "):].split(" of ")[0]
    return str(target.label)
`,
  );
  const args = ['cquery', expression, '--output=starlark', `--starlark:file=${formatter}`, ...shared];
  const lines = (await fixture.output(args, accepted(options))).toString('utf8').split('\n');
  // This output is text in UTF-8, the protos carry each byte as a character.
  return new Set(lines.map((line) => mainLabel(Buffer.from(line).toString('latin1'))));
}

function query(fixture: BazelFixture, expression: string, options: ReferenceRun): Promise<Buffer> {
  return fixture.output(
    [
      'query',
      expression,
      '--output=streamed_proto',
      '--proto:instantiation_stack',
      '--order_output=no',
      ...flags(options),
    ],
    accepted(options),
  );
}

async function repoLocations(fixture: BazelFixture, options: ReferenceRun): Promise<Map<string, string>> {
  const locations = new Map<string, string>();
  for (const repo of options.fineGrainedRepos ?? []) {
    const args = ['query', `${repo}//...`, '--keep_going', '--output=location'];
    const [line] = (await fixture.output(args, [0, 3])).toString('utf8').split('\n');
    if (line !== undefined && line !== '') locations.set(repo.replace(/^@+/, ''), line);
  }
  return locations;
}

function except(expression: string, options: ReferenceRun): string {
  return options.excludeTargetsQuery === undefined
    ? expression
    : `(${expression}) except (${options.excludeTargetsQuery})`;
}

function flags(options: ReferenceRun): string[] {
  return [...(options.keepGoing === false ? [] : ['--keep_going']), ...(options.commandOptions ?? [])];
}

function accepted(options: ReferenceRun): number[] {
  return options.keepGoing === false ? [0] : [0, 3];
}

function mainLabel(label: string): string {
  return label.replace(/^@+(?=\/\/)/, '');
}
