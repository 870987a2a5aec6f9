import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const projectRoot = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** Where the set-up remembers what it did in this checkout; `npm ci` removes it together with node_modules. */
export const stampDir = join(projectRoot, 'node_modules', '.cache', 'dewar-setup');

/** Where the Bazels of the set-up live, shared by all checkouts. Absolute. */
export function toolsDir(env = process.env) {
  if (env.DEWAR_TOOLS_DIR) return resolve(env.DEWAR_TOOLS_DIR);
  return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'dewar-dev');
}

/** The cache in which the tests keep guest images, shared by all checkouts: one takes a minute or more to build. */
export function imagesCache(env = process.env) {
  return join(toolsDir(env), 'guest-images');
}

/** The lock file that keeps two set-ups of this checkout apart. It lies outside of it, as `npm ci` clears node_modules. */
export function checkoutLock() {
  const digest = createHash('sha256').update(projectRoot).digest('hex').slice(0, 16);
  return join(toolsDir(), 'locks', `checkout-${digest}`);
}
