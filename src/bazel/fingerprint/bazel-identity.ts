import { createHash } from 'node:crypto';
import { access, constants, readFile, realpath, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Emit } from '../../core/events.ts';
import { makeTempDirectory } from '../../platform/temp-dir.ts';
import { BazelClient } from '../query/bazel-client.ts';

export interface IdentityInput {
  bazelPath: string | undefined;
  env: Readonly<Record<string, string>>;
  /** Content of `.bazelversion`, by which bazelisk chooses. */
  bazelVersionFile: Buffer | undefined;
  emit: Emit;
  signal?: AbortSignal | undefined;
}

/**
 * Says which Bazel would run: its version, or for one that tells none the digest of its program.
 * @throws DewarError BAZEL_NOT_FOUND
 */
export async function bazelIdentity(input: IdentityInput): Promise<string> {
  // A workspace of its own with the same `.bazelversion`: the answer belongs to that commit, not to a work tree.
  await using directory = await makeTempDirectory('version');
  await writeFile(join(directory.path, 'MODULE.bazel'), '');
  if (input.bazelVersionFile !== undefined)
    await writeFile(join(directory.path, '.bazelversion'), input.bazelVersionFile);
  const client = new BazelClient({
    bazelPath: input.bazelPath,
    workspacePath: directory.path,
    startupOptions: [],
    env: input.env,
    emit: input.emit,
    signal: input.signal,
  });
  const version = await client.version();
  if (version !== undefined) return version;
  const program = await findProgram(input.bazelPath ?? 'bazel', input.env['PATH'] ?? '');
  if (program === undefined) return 'unknown';
  return `unknown version, program sha256 ${createHash('sha256')
    .update(await readFile(program))
    .digest('hex')}`;
}

async function findProgram(name: string, path: string): Promise<string | undefined> {
  const places = name.includes('/')
    ? [name]
    : path.split(delimiter).map((directory) => join(directory, name));
  for (const place of places) {
    const usable = await access(place, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (usable) return realpath(place);
  }
  return undefined;
}
