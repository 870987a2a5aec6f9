import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WORKSPACE_NAMES } from '../../core/names.ts';
import { readIfPresent } from '../../platform/read-if-present.ts';
import { writeOutput } from '../../platform/write-output.ts';
import { makeStateDirectory } from '../make-state-directory.ts';
import { configJsonSchema } from '../schema/json-schema.ts';
import { EDITOR_FILES } from './starter-config.ts';

/**
 * Writes what editors need to know the fields of a config, for a project in which no package dewar is installed.
 * @param directory of the config; absolute
 * @throws DewarError STATE_DIRECTORY, OUTPUT_NOT_WRITABLE
 */
export async function writeEditorFiles(directory: string): Promise<void> {
  await makeStateDirectory(join(directory, WORKSPACE_NAMES.state));
  const files: Record<string, string> = {
    [EDITOR_FILES.schema]: `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`,
  };
  const types = await ownTypes();
  if (types !== undefined) files[EDITOR_FILES.types] = ambientModule(types);
  for (const [path, content] of Object.entries(files)) {
    const at = join(directory, path);
    if ((await readIfPresent(at))?.toString('utf8') !== content) await writeOutput(at, content);
  }
}

/** @returns the types of this package; undefined where it is not built */
async function ownTypes(): Promise<string | undefined> {
  for (let at = dirname(fileURLToPath(import.meta.url)); dirname(at) !== at; at = dirname(at)) {
    const found = await readIfPresent(join(at, 'dist', 'index.d.ts'));
    if (found !== undefined) return found.toString('utf8');
  }
  return undefined;
}

/** @returns declarations that give the module's types to whoever refers to them */
function ambientModule(types: string): string {
  const body = types
    .replaceAll(/^(export )?declare /gm, '$1')
    .replaceAll(/^\/\/# sourceMappingURL=.*\n?/gm, '');
  return `// Made by dewar for editors.\ndeclare module 'dewar' {\n${body.trimEnd()}\n}\n`;
}
