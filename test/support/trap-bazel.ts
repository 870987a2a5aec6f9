import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bazel } from './bazel.ts';

/** A program that is Bazel, but for the first query after `arm`. */
export async function trapBazel(
  directory: string,
  body: string,
): Promise<{ path: string; arm: () => Promise<void> }> {
  const path = join(directory, 'trap');
  const armed = join(directory, 'armed');
  const script = `#!/bin/sh
case " $* " in *" query "*) if [ -e '${armed}' ]; then rm '${armed}'; ${body}; fi;; esac
exec '${bazel()}' "$@"
`;
  await writeFile(path, script, { mode: 0o755 });
  return { path, arm: () => writeFile(armed, '') };
}
