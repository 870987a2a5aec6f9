import { basename } from 'node:path';
import { expandHostPath } from '../rules/host-path.ts';
import type { ResolvedScript } from '../resolved-config.ts';
import type { ScriptConfig } from '../workspace-config.ts';
import type { Layer } from './layer.ts';

const TIMEOUT_SECONDS = 1800;

/**
 * @param everyone the plugins, then the user
 * @returns all scripts in the order in which they run
 */
export function resolveScripts(
  everyone: readonly (Layer & { scripts?: readonly (string | ScriptConfig)[] })[],
  home: string,
): ResolvedScript[] {
  return everyone.flatMap((layer) =>
    (layer.scripts ?? []).map((script, index) => resolveScript(script, index, layer, home)),
  );
}

function resolveScript(
  script: string | ScriptConfig,
  index: number,
  { origin, directory }: Layer,
  home: string,
): ResolvedScript {
  const {
    name,
    path,
    run,
    as = 'user',
    timeoutSeconds = TIMEOUT_SECONDS,
  }: ScriptConfig = typeof script === 'string' ? { path: script } : script;
  const source = path === undefined ? { text: run ?? '' } : { path: expandHostPath(path, directory, home) };
  const otherwise = 'path' in source ? basename(source.path) : `script ${index + 1}`;
  return { name: name ?? otherwise, source, as, timeoutSeconds, origin };
}
