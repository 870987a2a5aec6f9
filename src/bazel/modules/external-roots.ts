import { join } from 'node:path';
import { DewarError } from '../../core/errors.ts';
import { thisHostFiles } from '../../platform/file-host.ts';
import type { FileHost } from '../../platform/file-host.ts';
import { filesOverCommands } from '../../platform/files-over-commands.ts';
import type { BazelClient } from '../query/bazel-client.ts';
import { bazelFailed } from '../query/bazel-client.ts';

/**
 * Finds the root directories of external repositories; call it after a query that has fetched them.
 * @param repos as the user wrote them
 * @returns directories by name without `@`, of where Bazel runs
 * @throws DewarError BAZEL_FAILED
 */
export async function findExternalRoots(
  client: BazelClient,
  repos: readonly string[],
): Promise<Map<string, string>> {
  const roots = new Map<string, string>();
  if (repos.length === 0) return roots;
  const info = await client.run(['info', 'output_base']);
  if (info.exitCode !== 0) throw bazelFailed('info output_base', { ...info });
  const external = join(info.stdout.toString('utf8').trim(), 'external');
  const { commands, signal } = client.options;
  const files = commands === undefined ? thisHostFiles : filesOverCommands(commands, { signal });
  for (const repo of repos) {
    const name = repo.replace(/^@+/, '');
    roots.set(name, await findRoot(client, external, name, files));
  }
  return roots;
}

async function findRoot(
  client: BazelClient,
  external: string,
  name: string,
  files: FileHost,
): Promise<string> {
  for (const directory of [name, `${name}+`]) {
    const path = join(external, directory);
    if (await isDirectory(path, files)) return path;
  }
  // `@name` as the main repository sees it; its files lie under a canonical name.
  const located = await client.run(['query', `@${name}//...`, '--keep_going', '--output', 'location']);
  const line = located.stdout.toString('utf8').split('\n', 1)[0] ?? '';
  const below = line.startsWith(`${external}/`)
    ? line.slice(external.length)
    : line.replace(/^.*?\/external(?=\/)/, '');
  const directory = /^\/([^/:]+)\//.exec(below)?.[1];
  return join(external, directory ?? name);
}

async function isDirectory(path: string, files: FileHost): Promise<boolean> {
  try {
    return (await files.list(path)) !== undefined;
  } catch (error) {
    throw new DewarError({
      code: 'SOURCE_UNREADABLE',
      message: `${path}, the directory of an external repository, could not be read: ${String(error)}`,
      mend: "give this user the right to read Bazel's output base",
      cause: error,
    });
  }
}
