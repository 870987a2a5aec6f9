import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A Bazel for servers that live for a test: what its JVM's second compiler costs it gives back after minutes only.
 * @param bazel path of the program
 * @param directory where the program is made
 * @returns the path of a program that is the same but for that
 */
export function shortLivedBazel(bazel, directory) {
  const path = join(directory, 'bazel');
  mkdirSync(directory, { recursive: true });
  const quoted = `'${bazel.replaceAll("'", String.raw`'\''`)}'`;
  const script = `#!/bin/sh
# with a startup option before it, --version is none
[ "$1" = --version ] && exec ${quoted} "$@"
exec ${quoted} --host_jvm_args=-XX:TieredStopAtLevel=1 "$@"
`;
  writeFileSync(path, script, { mode: 0o755 });
  return path;
}
