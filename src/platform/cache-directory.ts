import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** @returns absolute path of `$DEWAR_CACHE_DIR`, else `$XDG_CACHE_HOME/dewar`, else `~/.cache/dewar` */
export function cacheDirectory(env: Readonly<Record<string, string>>): string {
  const own = env['DEWAR_CACHE_DIR'];
  if (own !== undefined && isAbsolute(own)) return own;
  // The XDG specification says to ignore a relative path.
  const xdg = env['XDG_CACHE_HOME'];
  return join(xdg !== undefined && isAbsolute(xdg) ? xdg : join(env['HOME'] ?? homedir(), '.cache'), 'dewar');
}
