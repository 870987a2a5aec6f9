/** One argument of a call. */
export interface CallArgument {
  keyword: string | undefined;
  /** Its value if that is one plain string literal. */
  text: string | undefined;
}

export interface StarlarkCall {
  name: string;
  arguments: CallArgument[];
}

/**
 * Finds calls of known functions in the text of a Starlark file (github.com/bazelbuild/starlark, spec.md, "Lexical
 * elements"), at any depth, by its tokens alone. A function that is named and not called counts as called with nothing.
 * @param names of functions; methods of the same name do not count
 */
export function callsOf(text: string, names: ReadonlySet<string>): StarlarkCall[] {
  return callsIn(tokensOf(text), names);
}

function callsIn(tokens: readonly Token[], names: ReadonlySet<string>): StarlarkCall[] {
  const calls: StarlarkCall[] = [];
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== 'word' || !names.has(token.text)) continue;
    const [before, after] = [tokens[index - 1], tokens[index + 1]];
    if (isSign(before, '.') || isSign(after, '=') || (before?.kind === 'word' && before.text === 'def'))
      continue;
    const given = isSign(after, '(') ? argumentsOf(tokens, index + 2) : [];
    calls.push({ name: token.text, arguments: given });
  }
  return calls;
}

/** @returns all string literals of a Starlark file */
export function stringsOf(text: string): string[] {
  return tokensOf(text).flatMap((token) => (token.kind === 'string' ? [token.text] : []));
}

/** @returns the labels that a BUILD or .bzl file loads, as written; undefined for one that is no literal */
export function loadsOf(text: string): (string | undefined)[] {
  // Most of a BUILD file comes after its last load.
  const last = text.lastIndexOf(LOAD);
  const tokens = last === -1 ? [] : tokensOf(text, last);
  return callsIn(tokens, LOADS).map((call) => call.arguments[0]?.text);
}

const LOAD = 'load';
const LOADS: ReadonlySet<string> = new Set([LOAD]);

interface Token {
  kind: 'word' | 'string' | 'sign';
  text: string;
}

/**
 * Comments and white space; strings, raw and of bytes too, in three quotes or one; words; single signs. An unfinished
 * string ends with its line (or the text), so that what follows is still seen.
 */
const TOKEN =
  /(?<skip>#[^\n]*|\s+|\\\r?\n)|(?<prefix>[rRbB]{0,2})(?:(?<triple>"""|''')(?<long>(?:\\[^]|(?!\k<triple>)[^\\])*)\k<triple>|(?<quote>["'])(?<short>(?:\\[^]|(?!\k<quote>)[^\\\n])*)\k<quote>?)|(?<word>[\p{L}\p{N}_]+)|(?<sign>[^])/gu;

/** @param last stops after the first bracket that closes from here on */
function tokensOf(text: string, last: number = text.length): Token[] {
  const tokens: Token[] = [];
  for (const { groups, index } of text.matchAll(TOKEN)) {
    if (groups === undefined || groups['skip'] !== undefined) continue;
    const { word, sign, prefix = '' } = groups;
    const content = groups['long'] ?? groups['short'];
    if (content !== undefined) tokens.push({ kind: 'string', text: valueOf(content, prefix) });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else if (sign !== undefined) {
      tokens.push({ kind: 'sign', text: sign });
      if (sign === ')' && index > last) break;
    }
  }
  return tokens;
}

/** A label may be written with any escape. */
function valueOf(content: string, prefix: string): string {
  return /r/i.test(prefix) ? content : content.replaceAll(ESCAPE, valueOfEscape);
}

const ESCAPE = /\\(?:(\r?\n)|([0-7]{1,3})|(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8}))|([^]))/g;
const CONTROLS: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

function valueOfEscape(
  _: string,
  lineBreak: string | undefined,
  octal: string | undefined,
  ...[x, u, long, other]: (string | undefined)[]
): string {
  if (lineBreak !== undefined) return '';
  if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
  const hex = x ?? u ?? long;
  if (hex === undefined) return CONTROLS[other ?? ''] ?? other ?? '';
  const code = Number.parseInt(hex, 16);
  return code > LAST_CODE_POINT ? '' : String.fromCodePoint(code);
}

const LAST_CODE_POINT = 0x10_ff_ff;

function argumentsOf(tokens: readonly Token[], start: number): CallArgument[] {
  const found: CallArgument[] = [];
  let current: Token[] = [];
  let depth = 1;
  for (let index = start; index < tokens.length; index++) {
    const token = tokens[index] as Token;
    if (token.kind === 'sign') depth += '([{'.includes(token.text) ? 1 : ')]}'.includes(token.text) ? -1 : 0;
    const ends = depth === 0;
    if (ends || (depth === 1 && isSign(token, ','))) {
      if (current.length > 0) found.push(argumentOf(current));
      current = [];
      if (ends) return found;
    } else current.push(token);
  }
  return found;
}

function argumentOf(tokens: readonly Token[]): CallArgument {
  const named = tokens[0]?.kind === 'word' && isSign(tokens[1], '=') && !isSign(tokens[2], '=');
  const value = named ? tokens.slice(2) : tokens;
  const only = value.length === 1 && value[0]?.kind === 'string' ? value[0].text : undefined;
  return { keyword: named ? tokens[0]?.text : undefined, text: only };
}

function isSign(token: Token | undefined, sign: string): boolean {
  return token?.kind === 'sign' && token.text === sign;
}
