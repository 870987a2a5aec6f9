import type { EngineOptions } from '../engine-options.ts';
import type { HashSession } from '../hash/hash-session.ts';
import { bazelFailed } from './bazel-client.ts';
import type { BazelClient } from './bazel-client.ts';
import { readCompatibleTargets } from './compatible-targets.ts';
import type { FrameSplitter } from './frame-splitter.ts';
import { EXTERNAL_TARGETS, cqueryExpression, queryExpression } from './query-expression.ts';
import { runQuery } from './run-query.ts';
import type { QueryRun } from './run-query.ts';

export interface QueriedTargets {
  session: HashSession;
  partial: boolean;
  stderr: string;
}

export interface QueryOptions extends EngineOptions {
  /** After expansion. */
  fineGrainedRepos: readonly string[];
}

/** With --keep_going, Bazel's exit code for "some of it failed". */
const PARTIAL = 3;

/**
 * Reads the targets of the workspace into a session.
 * @param makeSession called again for each attempt, since what a failed one printed does not count
 * @throws DewarError BAZEL_FAILED, BAD_QUERY_OUTPUT
 */
export async function queryTargets(
  client: BazelClient,
  options: QueryOptions,
  makeSession: () => HashSession,
): Promise<QueriedTargets> {
  return options.useCquery ? cquery(client, options, makeSession) : query(client, options, makeSession);
}

async function query(
  client: BazelClient,
  options: QueryOptions,
  makeSession: () => HashSession,
): Promise<QueriedTargets> {
  const ask = (withExternal: boolean): Promise<Attempt> =>
    attempt(client, makeSession, (session) => session.input('query'), {
      command: 'query',
      expression: queryExpression(options, options.fineGrainedRepos, withExternal),
      options: queryCommand(options),
      optional: [STACK],
      outputFile: true,
    });
  let result = await ask(!options.excludeExternalTargets);
  if (
    !options.excludeExternalTargets &&
    !succeeded(options, result.exitCode) &&
    lacksExternal(result.stderr)
  ) {
    result.session[Symbol.dispose]();
    result = await ask(false);
  }
  return finish(client, options, 'query', result);
}

async function cquery(
  client: BazelClient,
  options: QueryOptions,
  makeSession: () => HashSession,
): Promise<QueriedTargets> {
  const expression = cqueryExpression(options);
  const shared = [...keepGoing(options), ...options.cqueryCommandOptions];
  const optional = ['--consistent_labels'];
  const compatible = await readCompatibleTargets(client, expression, shared, optional, (code) =>
    succeeded(options, code),
  );
  const version = await client.version();
  // Before 7.0.0 cquery prints one message, not a stream.
  const streamed = version !== undefined && Number.parseInt(version, 10) >= 7;
  const main = await attempt(
    client,
    makeSession,
    (session) => session.input(streamed ? 'cquery-streamed' : 'cquery-whole', compatible),
    {
      command: 'cquery',
      expression,
      options: ['--output', streamed ? 'streamed_proto' : 'proto', '--transitions=lite', ...shared],
      optional: [STACK, ...optional],
      outputFile: false,
    },
  );
  const result = finish(client, options, 'cquery', main);
  if (options.excludeExternalTargets) return result;
  const external = await attempt(
    client,
    () => result.session,
    (session) => session.input('query'),
    {
      command: 'query',
      expression: EXTERNAL_TARGETS,
      options: queryCommand(options),
      optional: [STACK],
      outputFile: false,
    },
  );
  if (!succeeded(options, external.exitCode) && lacksExternal(external.stderr)) return result;
  const finished = finish(client, options, 'query', external);
  return { ...finished, partial: result.partial || finished.partial };
}

/** What Bazel says when it has passed over an error. */
export const PASSED_OVER: RegExp = /^(ERROR:|WARNING: --keep_going specified, ignoring errors)/m;

export const STACK = '--proto:instantiation_stack';

export type QueryCommandOptions = Pick<EngineOptions, 'keepGoing' | 'bazelCommandOptions'>;

/** The options with which targets are asked for, whichever they are. */
export function queryCommand(options: QueryCommandOptions): string[] {
  return [
    '--output',
    'streamed_proto',
    '--order_output=no',
    ...keepGoing(options),
    ...options.bazelCommandOptions,
  ];
}

function keepGoing(options: Pick<EngineOptions, 'keepGoing'>): string[] {
  return options.keepGoing ? ['--keep_going'] : [];
}

interface Attempt {
  session: HashSession;
  exitCode: number;
  stderr: string;
  end: () => void;
}

async function attempt(
  client: BazelClient,
  makeSession: () => HashSession,
  makeInput: (session: HashSession) => FrameSplitter,
  run: QueryRun,
): Promise<Attempt> {
  let session: HashSession | undefined;
  let input: FrameSplitter | undefined;
  try {
    const result = await runQuery(client, run, () => {
      const next = makeSession();
      if (next !== session) session?.[Symbol.dispose]();
      session = next;
      input = makeInput(session);
      const { emit } = client.options;
      return progress(input, session, emit);
    });
    return { ...result, session: session ?? makeSession(), end: () => input?.end() };
  } catch (error) {
    session?.[Symbol.dispose]();
    throw error;
  }
}

/** Targets between two progress events. */
const PROGRESS_STEP = 5_000;

function progress(
  input: FrameSplitter,
  session: HashSession,
  emit: BazelClient['options']['emit'],
): (chunk: Buffer) => void {
  let next = PROGRESS_STEP;
  return (chunk) => {
    input.push(chunk);
    const done = session.table.targetCount;
    if (done < next) return;
    next = done + PROGRESS_STEP;
    emit({ type: 'progress', phase: 'query', done, unit: 'targets' });
  };
}

function finish(
  client: BazelClient,
  options: QueryOptions,
  command: string,
  result: Attempt,
): QueriedTargets {
  try {
    if (!succeeded(options, result.exitCode)) throw bazelFailed(command, result);
    result.end();
  } catch (error) {
    result.session[Symbol.dispose]();
    throw error;
  }
  const { dropped, inBrokenPackages } = result.session.table;
  if (dropped > 0)
    client.options.emit({ type: 'debug', message: `${dropped} package and environment groups have no hash` });
  // A repository that fails under --keep_going may leave exit code 0 and only a line on stderr.
  const partial = result.exitCode === PARTIAL || inBrokenPackages > 0 || PASSED_OVER.test(result.stderr);
  return { session: result.session, partial, stderr: result.stderr };
}

function succeeded(options: Pick<EngineOptions, 'keepGoing'>, exitCode: number): boolean {
  return exitCode === 0 || (options.keepGoing && exitCode === PARTIAL);
}

/** A workspace without WORKSPACE has no `//external`. */
function lacksExternal(stderr: string): boolean {
  return /no such package 'external'|\/\/external package is not available/.test(stderr);
}
