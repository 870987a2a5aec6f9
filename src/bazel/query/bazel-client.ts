import { DewarError } from '../../core/errors.ts';
import type { Emit } from '../../core/events.ts';
import { thisHost } from '../../platform/command-host.ts';
import type { CommandHost } from '../../platform/command-host.ts';
import type { CommandResult } from '../../platform/run-command.ts';
import type { StreamResult } from '../../platform/stream-command.ts';

export interface BazelClientOptions {
  /** The program; `bazel` on PATH when undefined. */
  bazelPath?: string | undefined;
  /** Where Bazel runs; this host when absent. */
  commands?: CommandHost | undefined;
  /** There. */
  workspacePath: string;
  startupOptions: readonly string[];
  /** The whole environment; the caller's own when absent. */
  env?: Readonly<Record<string, string>> | undefined;
  emit: Emit;
  signal?: AbortSignal | undefined;
  /** For each command, in milliseconds. */
  deadlineMs?: number | undefined;
}

/** Runs commands of one Bazel in one workspace; what it finds out about that Bazel it keeps. */
export class BazelClient {
  readonly options: BazelClientOptions;
  readonly #program: string;
  readonly #commands: CommandHost;
  /** `command option` for what this Bazel was seen to reject. */
  readonly #rejected: Set<string> = new Set();
  #version: Promise<string | undefined> | undefined;

  constructor(options: BazelClientOptions) {
    this.options = options;
    this.#program = options.bazelPath ?? 'bazel';
    this.#commands = options.commands ?? thisHost;
  }

  /** A non-zero exit is a result. @throws DewarError BAZEL_NOT_FOUND, DEADLINE, INTERRUPTED */
  async run(command: readonly string[]): Promise<CommandResult> {
    const args = [...this.options.startupOptions, ...command];
    this.#trace(args);
    return this.#guard(this.#commands.run(this.#program, args, this.#runOptions()));
  }

  /**
   * Runs a command and hands on its output while it comes.
   * @param toFile gives the arguments that make Bazel write to a file instead of stdout
   */
  async stream(
    command: readonly string[],
    onChunk: (chunk: Buffer) => void,
    toFile?: (path: string) => readonly string[],
  ): Promise<StreamResult> {
    const args = [...this.options.startupOptions, ...command];
    this.#trace(args);
    return this.#guard(
      this.#commands.stream(this.#program, args, {
        ...this.#runOptions(),
        onChunk,
        ...(toFile === undefined
          ? {}
          : { argsWithFile: (path: string) => [...this.options.startupOptions, ...toFile(path)] }),
      }),
    );
  }

  /** Whether this Bazel was seen to reject an option (by name) of a command. */
  rejects(command: string, option: string): boolean {
    return this.#rejected.has(`${command} ${option}`);
  }

  /**
   * @param options optional ones of those that were passed, by name (`--output_file`)
   * @returns true when this Bazel refused to parse one of them, which is then remembered: try again without
   */
  noteRejected(
    command: string,
    result: { exitCode: number; stderr: string },
    options: readonly string[],
  ): boolean {
    if (result.exitCode !== 2) return false;
    const refused = options.filter(
      (option) => !this.rejects(command, option) && isRejection(result.stderr, option),
    );
    for (const option of refused) this.#rejected.add(`${command} ${option}`);
    return refused.length > 0;
  }

  /** @returns the version that `bazel --version` prints, undefined when it prints none (unstamped builds) */
  version(): Promise<string | undefined> {
    this.#version ??= this.#readVersion();
    return this.#version;
  }

  async #readVersion(): Promise<string | undefined> {
    this.#trace(['--version']);
    const result = await this.#guard(this.#commands.run(this.#program, ['--version'], this.#runOptions()));
    return /^bazel (\d+\.\d+\.\S+)/m.exec(result.stdout.toString('utf8'))?.[1];
  }

  async #guard<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof DewarError) || error.code !== 'COMMAND_NOT_FOUND') throw error;
      throw new DewarError({
        code: 'BAZEL_NOT_FOUND',
        message: `Bazel was not found: ${this.#program}`,
        mend: 'install bazelisk or Bazel, or say where it is with -b/--bazelPath (--bazel for record and consume)',
        cause: error,
      });
    }
  }

  #runOptions(): {
    cwd: string;
    env?: Readonly<Record<string, string>>;
    signal?: AbortSignal;
    deadlineMs?: number;
  } {
    const { workspacePath, env, signal, deadlineMs } = this.options;
    return {
      cwd: workspacePath,
      ...(env === undefined ? {} : { env }),
      ...(signal === undefined ? {} : { signal }),
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
    };
  }

  #trace(args: readonly string[]): void {
    this.options.emit({ type: 'debug', message: [this.#program, ...args].join(' ') });
  }
}

function isRejection(stderr: string, option: string): boolean {
  return stderr.includes('Unrecognized option') && stderr.includes(option);
}

/** @returns the error for a Bazel command that failed */
export function bazelFailed(command: string, result: { exitCode: number; stderr: string }): DewarError {
  const lines = errorLines(result.stderr);
  const killed = result.exitCode > 128 ? ` (ended by signal ${result.exitCode - 128})` : '';
  return new DewarError({
    code: 'BAZEL_FAILED',
    message: `bazel ${command} failed with exit code ${result.exitCode}${killed}${lines.length > 0 ? `:\n${lines.join('\n')}` : ''}`,
    mend: `run \`bazel ${command}\` in the workspace to see all of it, and mend the build files or the options that it names`,
  });
}

/** @returns the lines of Bazel's stderr that say what is wrong: its errors, else its last lines */
export function errorLines(stderr: string): string[] {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const errors = lines.filter((line) => /^(\(.*\) )?(ERROR|FATAL|INTERNAL ERROR)\b/.test(line));
  return (errors.length > 0 ? errors.slice(0, 20) : lines.slice(-8)).map((line) => line.slice(0, 2000));
}
