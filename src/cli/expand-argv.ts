import type { OptionSpec, OptionTable } from './command.ts';

/** One thing the user typed, with what it means. */
export type Token =
  | {
      type: 'option';
      key: string;
      value: string | boolean;
      /** As typed, without the value: `-so`. */ spelled: string;
    }
  | { type: 'argument'; value: string };

export type Problem =
  | { type: 'unknown-option'; spelled: string }
  | { type: 'missing-value'; key: string; spelled: string }
  | { type: 'bad-boolean'; key: string; spelled: string; value: string }
  | { type: 'repeated'; key: string; spelled: string };

export interface Expansion {
  tokens: readonly Token[];
  /** In the order of the command line; the tokens hold what could be understood nevertheless. */
  problems: readonly Problem[];
  /** With `stopAtArgument`: the first argument and all that follows it. Empty otherwise. */
  rest: readonly string[];
}

/** Reads the command line of a command whose arguments are another program's command line. */
export function expandLeading(argv: readonly string[], options: OptionTable): Expansion {
  const { rest, ...leading } = expandArgv(argv, options, { stopAtArgument: true });
  const words = rest[0] === '--' ? rest.slice(1) : rest;
  const given = words.map((value): Token => ({ type: 'argument', value }));
  return { ...leading, tokens: [...leading.tokens, ...given], rest: [] };
}

/**
 * Reads a command line by the habits of picocli, which bazel-diff uses: short names of one or more letters with one
 * dash; values as `-x VALUE`, `-x=VALUE`, `--long VALUE`, `--long=VALUE`, and `-xVALUE` for a one-letter name; flags of
 * one letter in a cluster (`-kv`); `--no-flag` and `--flag=false`. What follows an option that takes a value is its
 * value, whatever it looks like. `--` ends the options.
 */
export function expandArgv(
  argv: readonly string[],
  options: OptionTable,
  { stopAtArgument = false }: { stopAtArgument?: boolean } = {},
): Expansion {
  const names = indexNames(options);
  const tokens: Token[] = [];
  const problems: Problem[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? '';
    if (word === '--') {
      if (stopAtArgument) return { tokens, problems, rest: argv.slice(i) };
      tokens.push(...argv.slice(i + 1).map((value): Token => ({ type: 'argument', value })));
      break;
    }
    if (word === '-' || !word.startsWith('-')) {
      if (stopAtArgument) return { tokens, problems, rest: argv.slice(i) };
      tokens.push({ type: 'argument', value: word });
      continue;
    }
    const uses = splitWord(word, names);
    if (uses === undefined) problems.push({ type: 'unknown-option', spelled: beforeEquals(word) });
    for (const { name, spelled, value } of uses ?? []) {
      const { key } = name;
      if (name.kind === 'boolean') {
        if (value === undefined) tokens.push({ type: 'option', key, value: !name.negated, spelled });
        else if (value === 'true' || value === 'false')
          tokens.push({ type: 'option', key, value: (value === 'true') !== name.negated, spelled });
        else problems.push({ type: 'bad-boolean', key, spelled, value });
      } else if (value !== undefined) tokens.push({ type: 'option', key, value, spelled });
      else if (i + 1 < argv.length) tokens.push({ type: 'option', key, value: argv[++i] ?? '', spelled });
      else problems.push({ type: 'missing-value', key, spelled });
    }
  }
  return { tokens, problems: [...problems, ...repetitions(tokens, options)], rest: [] };
}

interface Name {
  key: string;
  kind: OptionSpec['kind'];
  negated: boolean;
}

interface Use {
  name: Name;
  spelled: string;
  value: string | undefined;
}

/** Every spelling of every option, with its dashes. */
function indexNames(options: OptionTable): ReadonlyMap<string, Name> {
  const names = new Map<string, Name>();
  for (const [key, option] of Object.entries(options)) {
    const { kind } = option;
    for (const long of [option.long, ...(option.aliases ?? [])]) {
      names.set(`--${long}`, { key, kind, negated: false });
      if (kind === 'boolean') names.set(`--no-${long}`, { key, kind, negated: true });
    }
    if (option.short !== undefined) names.set(`-${option.short}`, { key, kind, negated: false });
  }
  return names;
}

/** @returns the options in one word; undefined when it holds anything unknown */
function splitWord(word: string, names: ReadonlyMap<string, Name>): Use[] | undefined {
  const spelled = beforeEquals(word);
  const value = spelled === word ? undefined : word.slice(spelled.length + 1);
  const name = names.get(spelled);
  if (name !== undefined) return [{ name, spelled, value }];
  // `-workspacePath` is a slip for `--workspacePath`, not the value `orkspacePath` of `-w`.
  if (word.startsWith('--') || names.has(`-${spelled}`)) return undefined;
  return splitCluster(word, names);
}

/** `-kv`, `-w/path`, `-kw/path`, `-kw=/path` */
function splitCluster(word: string, names: ReadonlyMap<string, Name>): Use[] | undefined {
  const uses: Use[] = [];
  for (let at = 1; at < word.length; at++) {
    const spelled = `-${word[at] ?? ''}`;
    const name = names.get(spelled);
    if (name === undefined) return undefined;
    const rest = word.slice(at + 1);
    if (name.kind !== 'boolean' || rest.startsWith('=')) {
      uses.push({ name, spelled, value: rest === '' ? undefined : rest.replace(/^=/u, '') });
      return uses;
    }
    uses.push({ name, spelled, value: undefined });
  }
  return uses;
}

function beforeEquals(word: string): string {
  const at = word.indexOf('=');
  return at < 0 ? word : word.slice(0, at);
}

/** A list may be repeated, and a flag when it says the same again; picocli takes any other repetition for a mistake. */
function repetitions(tokens: readonly Token[], options: OptionTable): Problem[] {
  const seen = new Map<string, string | boolean>();
  const problems: Problem[] = [];
  for (const token of tokens) {
    if (token.type !== 'option') continue;
    const { key, value, spelled } = token;
    const kind = options[key]?.kind;
    const first = seen.get(key);
    if (first !== undefined && kind !== 'list' && (kind !== 'boolean' || first !== value))
      problems.push({ type: 'repeated', key, spelled });
    seen.set(key, value);
  }
  return problems;
}
