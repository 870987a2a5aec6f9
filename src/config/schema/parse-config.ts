import type { z } from 'zod';
import { DewarError } from '../../core/errors.ts';
import type { Plugin, WorkspaceConfig } from '../workspace-config.ts';
import { ConfigSchema } from './config-schema.ts';
import { describeIssues, formatPath } from './describe-issues.ts';
import type { Path, Problem } from './describe-issues.ts';
import { PluginSchema } from './plugin-schema.ts';

/** What was read from a file, for the places in messages. */
export interface Source {
  /** Absolute; where there is no file, what it is. */
  file: string;
  /** `3:7`: line and column of a value, where they are known. */
  placeOf?: (path: Path) => string | undefined;
}

/**
 * @returns a copy of the config, whose domains and guest paths are in their one spelling
 * @throws DewarError BAD_CONFIG
 */
export function parseConfig(raw: unknown, source: Source): WorkspaceConfig {
  return parse(ConfigSchema, raw, source) as WorkspaceConfig;
}

/**
 * @returns a copy of the plugin, whose domains and guest paths are in their one spelling
 * @throws DewarError BAD_CONFIG
 */
export function parsePlugin(raw: unknown, source: Source): Plugin {
  return parse(PluginSchema, raw, source) as Plugin;
}

function parse(schema: z.ZodType, raw: unknown, source: Source): unknown {
  const hidden = findProto(raw);
  if (hidden !== undefined) throw badConfig(source, [hidden]);
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw badConfig(source, describeIssues(raw, parsed.error.issues));
}

const SHOWN = 10;

export function badConfig({ file, placeOf }: Source, problems: readonly Problem[]): DewarError {
  const lines = problems.slice(0, SHOWN).map(({ path, text }) => {
    const place = placeOf?.(path);
    return `${file}${place === undefined ? '' : `:${place}`}: ${text}`;
  });
  if (problems.length > SHOWN) lines.push(`and ${problems.length - SHOWN} more`);
  return new DewarError({
    code: 'BAD_CONFIG',
    message: lines.join('\n'),
    mend: 'correct it; docs/config.md has all fields, and dewar config --schema prints a schema for editors',
  });
}

/** The schema does not see a key of that name, and nobody means one. */
function findProto(raw: unknown): Problem | undefined {
  const seen = new Set<unknown>();
  const waiting: { value: unknown; path: Path }[] = [{ value: raw, path: [] }];
  for (let next = waiting.pop(); next !== undefined && seen.size < 100_000; next = waiting.pop()) {
    const { value, path } = next;
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    if (Object.hasOwn(value, '__proto__'))
      return { path, text: `${formatPath(path)}: unknown key "__proto__"` };
    for (const [key, inner] of Object.entries(value))
      waiting.push({ value: inner, path: [...path, Array.isArray(value) ? Number(key) : key] });
  }
  return undefined;
}
