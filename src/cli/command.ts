import type { Emit } from '../core/events.ts';

/**
 * Makes a command out of data and a handler that returns data; `run` gets values typed after the option table.
 *
 * A command file exports one constant: `export const command: CommandSpec = defineCommand({ … })`. It imports heavy
 * code inside `run` (`await import(…)`), so that `dewar --help` stays fast. Names that every command has already:
 * `--help -h`, `--version -V`, `--verbose -v`, `--progress`, and `--json` unless `json` says otherwise.
 */
export function defineCommand<const O extends OptionTable, const A extends ArgumentTable = NoArguments>(
  definition: CommandDefinition<O, A>,
): CommandSpec {
  const { run, ...data } = definition;
  return {
    ...data,
    arguments: data.arguments ?? {},
    examples: data.examples ?? [],
    exitCodes: data.exitCodes ?? {},
    json: data.json ?? 'boolean',
    hidden: data.hidden ?? false,
    passThrough: data.passThrough ?? false,
    // The parser fills exactly the keys of the two tables with values of their kinds.
    run: (input) => run(input as CommandInput<OptionValues<O>, ArgumentValues<A>>),
  };
}

/** What a command file writes down. */
export interface CommandDefinition<O extends OptionTable, A extends ArgumentTable> {
  /** What the user types after `dewar`: one word, or a group and a word (`bazel generate-hashes`). */
  name: string;
  /** One line, lower case, no full stop. */
  summary: string;
  /** Paragraphs are separated by an empty line. */
  description?: string;
  /** Positional arguments, in order. */
  arguments?: A;
  /** By camelCase property; the order is the order of the help. */
  options: O;
  examples?: readonly CommandExample[];
  /** Meaning of each exit code that this command adds to 0 and 1, or refines. */
  exitCodes?: Readonly<Record<number, string>>;
  /**
   * `boolean` (default): `--json` prints `data` as JSON. `own`: the command has an option with the long name `json`
   * itself. `none`: it has no such option.
   */
  json?: 'boolean' | 'own' | 'none';
  /** Left out of help, docs and completion. */
  hidden?: boolean;
  /** Options end at the first argument: what follows it belongs to it, whatever it looks like. */
  passThrough?: boolean;
  run: (input: CommandInput<OptionValues<O>, ArgumentValues<A>>) => Promise<CommandResult> | CommandResult;
}

/** A command whose types are erased: what the registry, the parser, the help and the completion work on. */
export interface CommandSpec {
  readonly name: string;
  readonly summary: string;
  readonly description?: string;
  readonly arguments: ArgumentTable;
  readonly options: OptionTable;
  readonly examples: readonly CommandExample[];
  readonly exitCodes: Readonly<Record<number, string>>;
  readonly json: 'boolean' | 'own' | 'none';
  readonly hidden: boolean;
  readonly passThrough: boolean;
  run(
    input: CommandInput<Record<string, unknown>, Record<string, unknown>>,
  ): Promise<CommandResult> | CommandResult;
}

export interface CommandExample {
  /** The whole line, from `dewar` on. */
  command: string;
  description: string;
}

export interface CommandInput<O, A> {
  options: O;
  arguments: A;
  /** Progress, notes and warnings; never results. */
  emit: Emit;
  /** Aborted by SIGINT, SIGTERM and SIGHUP with a DewarError INTERRUPTED as its reason. */
  signal: AbortSignal;
  /**
   * Prints to stdout now, for results without an end; others are what `run` returns.
   * @returns false when nobody reads any more
   */
  print(text: string): Promise<boolean>;
  env: Readonly<Record<string, string>>;
  /** Absolute; relative paths that the user typed are relative to it. */
  cwd: string;
  /** True with the global `--json`. */
  json: boolean;
  /** Version of dewar. */
  version: string;
}

export interface CommandResult {
  /** Printed to stdout as JSON: with `--json`, and without it when `text` is undefined (`text: ''` prints nothing). */
  data?: unknown;
  /** Printed to stdout without `--json`; a newline is added when it ends in none. */
  text?: string;
  /** 0 when absent. */
  exitCode?: number;
}

export interface OptionBase {
  /** Without dashes, case sensitive: `workspacePath` is typed `--workspacePath`. */
  long: string;
  /** Without dash; may have more than one letter: `so` is typed `-so`. */
  short?: string;
  /** More long names, hidden from the help. */
  aliases?: readonly string[];
  /** What stands for the value in the help: `path` gives `<path>`. */
  valueName?: string;
  /** Its absence is a USAGE error. */
  required?: boolean;
  /** Heading in the help; `Options` when absent. */
  group?: string;
  description: string;
}

export interface StringOption extends OptionBase {
  kind: 'string';
  default?: string;
  choices?: readonly string[];
}

export interface BooleanOption extends OptionBase {
  kind: 'boolean';
  /** False when absent; `undefined`: the handler sees whether the user said anything. */
  default?: boolean | undefined;
  /** Shows `--no-<long>` in the help; it is understood for every boolean. */
  negatable?: boolean;
}

export interface NumberOption extends OptionBase {
  kind: 'integer' | 'number';
  default?: number;
  /** Smallest and largest value allowed, inclusive. */
  min?: number;
  max?: number;
}

/** May be repeated; all its values are kept, in order. */
export interface ListOption extends OptionBase {
  kind: 'list';
  /** Splits each occurrence; empty parts are dropped. Not split when absent. */
  splitOn?: 'comma' | 'space';
  default?: readonly string[];
  choices?: readonly string[];
}

export type OptionSpec = StringOption | BooleanOption | NumberOption | ListOption;
export type OptionTable = Readonly<Record<string, OptionSpec>>;

export interface ArgumentSpec {
  /** Shown in the help; the key when absent. */
  name?: string;
  description: string;
  required?: boolean;
  /** The last argument only: takes all the rest. */
  variadic?: boolean;
  choices?: readonly string[];
}

export type ArgumentTable = Readonly<Record<string, ArgumentSpec>>;
type NoArguments = Readonly<Record<string, never>>;

export type OptionValues<O extends OptionTable> = { readonly [K in keyof O]: OptionValue<O[K]> };

type OptionValue<O extends OptionSpec> = O extends { kind: 'list' }
  ? Element<O>[]
  : O extends { kind: 'boolean' }
    ? O extends { default: undefined }
      ? boolean | undefined
      : boolean
    : O extends { required: true } | { default: string | number }
      ? Single<O>
      : Single<O> | undefined;

type Single<O extends OptionSpec> = O extends { kind: 'string' } ? Element<O> : number;
type Element<O> = O extends { choices: readonly (infer C)[] } ? C : string;

export type ArgumentValues<A extends ArgumentTable> = { readonly [K in keyof A]: ArgumentValue<A[K]> };

type ArgumentValue<A extends ArgumentSpec> = A extends { variadic: true }
  ? Element<A>[]
  : A extends { required: true }
    ? Element<A>
    : Element<A> | undefined;
