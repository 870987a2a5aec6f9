import { isAbsolute, join, normalize } from 'node:path';
import { readIfPresent } from '../../platform/read-if-present.ts';

export interface RcFile {
  /** As Bazel would be told: `%workspace%/…` for files of the workspace, else absolute. */
  path: string;
  /** Undefined when there is no such file. */
  content: Buffer | undefined;
}

export interface RcInput {
  /** Set when Bazel runs in a machine: files outside of the workspace are known by what it is made of. */
  place?: unknown;
  /** Reads a file of the workspace. */
  read: (path: string) => Promise<Buffer | undefined>;
  /** Reads another one, by its absolute path; from this host when absent. */
  readOutside?: (path: string) => Promise<Buffer | undefined>;
  startupOptions: readonly string[];
  env: Readonly<Record<string, string>>;
}

const WORKSPACE = '%workspace%/';
const SYSTEM_RC = '/etc/bazel.bazelrc';

/**
 * Every rc file that Bazel would read, those that they import included, in Bazel's order (bazel.build/run/bazelrc):
 * system, workspace, home, BAZELRC, --bazelrc.
 */
export async function readRcFiles(input: RcInput): Promise<RcFile[]> {
  const found = new Map<string, RcFile>();
  for (const path of rootsOf(input)) await add(path, input, found);
  return [...found.values()];
}

function rootsOf({ startupOptions, env }: RcInput): string[] {
  const has = (option: string): boolean => lastOf(startupOptions, option);
  if (startupOptions.includes('--ignore_all_rc_files')) return [];
  const roots: string[] = [];
  if (has('system_rc')) roots.push(SYSTEM_RC);
  if (has('workspace_rc')) roots.push(`${WORKSPACE}.bazelrc`);
  if (has('home_rc') && env['HOME'] !== undefined) roots.push(join(env['HOME'], '.bazelrc'));
  roots.push(...(env['BAZELRC'] ?? '').split(',').filter((path) => path !== ''));
  for (const [index, option] of startupOptions.entries()) {
    const path = option === '--bazelrc' ? startupOptions[index + 1] : /^--bazelrc=(.*)$/.exec(option)?.[1];
    if (path === undefined) continue;
    // Bazel ignores what follows /dev/null.
    if (path === '/dev/null') break;
    roots.push(path);
  }
  return roots;
}

/** @returns whether `--option` holds, which is so unless the last word on it was `--nooption` */
function lastOf(options: readonly string[], name: string): boolean {
  const last = options.findLast((option) => option === `--${name}` || option === `--no${name}`);
  return last !== `--no${name}`;
}

async function add(path: string, input: RcInput, found: Map<string, RcFile>): Promise<void> {
  const spelled = spell(path);
  if (found.has(spelled)) return;
  const content = spelled.startsWith(WORKSPACE)
    ? await input.read(spelled.slice(WORKSPACE.length))
    : input.place === undefined
      ? await (input.readOutside ?? readIfPresent)(spelled)
      : undefined;
  found.set(spelled, { path: spelled, content });
  if (content !== undefined)
    for (const imported of importsOf(content.toString('utf8'))) await add(imported, input, found);
}

/** A relative path is relative to the workspace, in which dewar runs Bazel. */
function spell(path: string): string {
  if (isAbsolute(path)) return normalize(path);
  const relative = path.startsWith(WORKSPACE) ? path.slice(WORKSPACE.length) : path;
  return WORKSPACE + normalize(relative);
}

/** @returns the paths of `import` and `try-import` lines */
export function importsOf(text: string): string[] {
  const lines = text.replaceAll(/\\\r?\n/g, '').split(/\r?\n/);
  return lines.flatMap((line) => {
    const path = /^\s*(?:try-)?import(?:-if-bazel-version\s+\S+)?\s+(?:"([^"]*)"|'([^']*)'|([^\s#]+))/.exec(
      line,
    );
    return path?.[1] ?? path?.[2] ?? path?.[3] ?? [];
  });
}
