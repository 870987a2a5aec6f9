import { createHash } from 'node:crypto';
import { join, posix } from 'node:path';
import type { FileHost } from '../../platform/file-host.ts';
import { readRcFiles } from '../fingerprint/rc-files.ts';

export interface ModuleInputsOptions {
  workspacePath: string;
  startupOptions: readonly string[];
  env: Readonly<Record<string, string>>;
  /** Of where Bazel runs, which `workspacePath` is of. */
  files: FileHost;
}

/**
 * Digests all files that decide the module graph of a workspace: module files with those that they include, those of
 * local overrides, the lock file, the rc files.
 * @returns hex; undefined where that cannot be known: a path that is no literal, patches, a registry of files
 */
export async function digestModuleInputs(options: ModuleInputsOptions): Promise<string | undefined> {
  const { workspacePath, files } = options;
  const read = (path: string): Promise<Buffer | undefined> => files.read(join(workspacePath, path));
  // At one time: in a machine that is one call.
  const [rcFiles, ...last] = await Promise.all([
    readRcFiles({ ...options, read, readOutside: (path) => files.read(path) }),
    ...LAST.map(async (path): Promise<[string, Buffer | undefined]> => [path, await read(path)]),
  ]);
  const parts: [string, Buffer | undefined][] = rcFiles.map(({ path, content }) => [path, content]);
  if (parts.some(([, content]) => content !== undefined && UNSTEADY_RC.test(content.toString('utf8'))))
    return undefined;
  const open = ['MODULE.bazel'];
  const seen = new Set(open);
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const content = await read(path);
    parts.push([path, content]);
    const mentioned = content === undefined ? [] : filesMentioned(content.toString('utf8'));
    if (mentioned === undefined) return undefined;
    for (const next of mentioned) if (!seen.has(next)) open.push(next);
    for (const next of mentioned) seen.add(next);
  }
  parts.push(...last);
  const digest = createHash('sha256');
  for (const [path, content] of parts)
    digest.update(`${path}\0${content === undefined ? 'absent' : content.length}\0`).update(content ?? '');
  return digest.digest('hex');
}

const LAST = ['MODULE.bazel.lock', 'REPO.bazel', '.bazelversion', 'WORKSPACE.bzlmod'];

/** Options that bring module files from places that may change without notice. */
const UNSTEADY_RC = /--(registry\s*=?\s*file:|override_module|override_repository|override_module_file)/;

/**
 * @returns the module files, relative to the workspace, that a module file makes part of the graph; undefined where its
 *   text does not say
 */
export function filesMentioned(text: string): string[] | undefined {
  const code = text.replaceAll(/#.*$/gm, '');
  if (/\bpatch/.test(code)) return undefined;
  const files: string[] = [];
  for (const [, call = '', args = ''] of code.matchAll(/\b(include|local_path_override)\s*\(([^)]*)\)/g)) {
    const file = call === 'include' ? includedFile(args) : overrideFile(args);
    if (file === undefined) return undefined;
    files.push(file);
  }
  // Whatever looks like one of the calls and was not understood.
  const calls = code.match(/\b(include|local_path_override)\b/g)?.length ?? 0;
  return calls === files.length ? files : undefined;
}

function includedFile(args: string): string | undefined {
  const label = /^\s*(["'])(?:@?@?)\/\/([^"':]*):([^"']+)\1\s*,?\s*$/.exec(args);
  return label === null ? undefined : posix.join(label[2] ?? '', label[3] ?? '');
}

function overrideFile(args: string): string | undefined {
  const path = /\bpath\s*=\s*(["'])([^"'\\]+)\1/.exec(args)?.[2];
  if (path === undefined || posix.isAbsolute(path)) return undefined;
  const file = posix.join(path, 'MODULE.bazel');
  return file.startsWith('../') ? undefined : file;
}
