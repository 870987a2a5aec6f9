import { realpath } from 'node:fs/promises';
import { extname } from 'node:path';
import type { Source } from '../schema/parse-config.ts';
import type { CodeOptions } from './load-code.ts';
import { readText } from './read-text.ts';

export interface LoadedFile {
  /** What it says; not checked. */
  raw: unknown;
  source: Source;
  /** The file, where a link leads to, and what it imports, as far as it is known; absolute. */
  files: string[];
}

/**
 * Reads a config or a plugin: `.json` and `.yaml` as data, anything else as code, which runs.
 * @param file absolute
 * @throws DewarError BAD_CONFIG, CONFIG_FAILED, CONFIG_HANGS, UNREADABLE, INTERRUPTED
 */
export async function loadFile(file: string, options: CodeOptions): Promise<LoadedFile> {
  const text = await readText(file);
  const real = await realpath(file);
  const files = [...new Set([file, real])];
  const format = DATA[extname(file)];
  if (format === undefined) {
    const { loadCode } = await import('./load-code.ts');
    // What it imports is beside the file, not beside a link to it.
    const { raw, imported } = await loadCode(text, real, options);
    return { raw, source: { file }, files: [...files, ...imported] };
  }
  const { loadData } = await import('./load-data.ts');
  return { ...loadData(text, file, format), files };
}

const DATA: Readonly<Record<string, 'json' | 'yaml'>> = { '.json': 'json', '.yaml': 'yaml', '.yml': 'yaml' };
