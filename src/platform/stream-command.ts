import { execa } from 'execa';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { exitCodeOf, sharedOptions, stdinOf } from './run-command.ts';
import type { RunOptions } from './run-command.ts';
import { watchGroup } from './process-group.ts';
import { tailFile } from './tail-file.ts';
import { makeTempDirectory } from './temp-dir.ts';

export interface StreamOptions extends RunOptions {
  /**
   * Called with each chunk of output, in order; its bytes are valid until it returns. An error it throws ends the child
   * and is rethrown.
   */
  onChunk: (chunk: Buffer) => void;
  /** Called with each chunk of stderr as it comes. */
  onStderr?: (chunk: Buffer) => void;
  /**
   * Gives the path of an empty file to the arguments: what is written there counts as output, before what comes by
   * stdout. For programs that write a file faster than a pipe.
   */
  argsWithFile?: (path: string) => readonly string[];
}

export interface StreamResult {
  /** Exit code; 128 + n when signal n ended the child. */
  exitCode: number;
  stderr: string;
}

/** More than this of stderr is dropped from the middle on. */
const STDERR_LIMIT = 4 << 20;

/**
 * Runs a program and hands on its output while it is written, in bounded memory.
 * @throws DewarError as `runCommand` does, and whatever `onChunk` throws
 */
export async function streamCommand(
  file: string,
  args: readonly string[],
  options: StreamOptions,
): Promise<StreamResult> {
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  let failure: { error: unknown } | undefined;
  const consume = (chunk: Buffer): void => {
    if (failure !== undefined || signal.aborted) return;
    try {
      options.onChunk(chunk);
    } catch (error) {
      failure = { error };
      stop.abort();
    }
  };
  await using directory = options.argsWithFile === undefined ? undefined : await makeTempDirectory('output');
  const path = join(directory?.path ?? '', 'output');
  if (directory !== undefined) await writeFile(path, '', { mode: 0o600 });
  using tail = directory === undefined ? undefined : tailFile(path, consume);
  const child = execa(file, options.argsWithFile?.(path) ?? args, {
    ...sharedOptions(options),
    buffer: false,
    ...stdinOf(options),
  });
  using watch = watchGroup(child, { signal, deadlineMs: options.deadlineMs });
  const stderr: Buffer[] = [];
  let stderrSize = 0;
  child.stderr?.on('data', (chunk: Buffer) => {
    options.onStderr?.(chunk);
    if (stderrSize < STDERR_LIMIT) stderr.push(chunk);
    stderrSize += chunk.length;
  });
  const output = drain(child.stdout ?? undefined, consume);
  const result = await child;
  await tail?.finish();
  await output;
  if (failure !== undefined) throw failure.error;
  return {
    exitCode: exitCodeOf({ file, args, options, ended: watch.ended }, result),
    stderr: Buffer.concat(stderr).toString('utf8'),
  };
}

function drain(stream: Readable | undefined, consume: (chunk: Buffer) => void): Promise<void> {
  if (stream === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    stream.on('data', consume);
    // The child's exit says whether the output is whole; a broken stream only ends it.
    stream.on('error', () => resolve());
    stream.on('close', () => resolve());
  });
}
