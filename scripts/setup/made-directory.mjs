import { existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { withLock } from './lock.mjs';

/** Whether `home` is there whole, made by a recipe of that digest. */
export function isMade(home, digest) {
  const recipe = join(home, 'recipe');
  return existsSync(recipe) && readFileSync(recipe, 'utf8') === digest;
}

/**
 * Makes a directory whole or not at all, once for all who want it at a time.
 * @param make gets the path of a directory that is not there yet
 */
export async function ensureMade(home, digest, make) {
  if (isMade(home, digest)) return;
  await withLock(`${home}.lock`, async () => {
    if (isMade(home, digest)) return;
    removeLeftovers(home);
    const made = `${home}.tmp-${process.pid}`;
    try {
      await make(made);
      writeFileSync(join(made, 'recipe'), digest);
      if (existsSync(home)) renameSync(home, `${home}.tmp-old-${process.pid}`);
      renameSync(made, home);
    } finally {
      removeLeftovers(home);
    }
  });
}

/** @returns a digest that changes with any of these files of this directory */
export function digestOfScripts(names) {
  const hash = createHash('sha256');
  for (const name of names) hash.update(readFileSync(new URL(`${name}.mjs`, import.meta.url)));
  return hash.digest('hex');
}

/** Of an earlier set-up that was ended half-way; the lock is ours, so nobody uses them. */
function removeLeftovers(home) {
  const parent = dirname(home);
  for (const name of existsSync(parent) ? readdirSync(parent) : [])
    if (join(parent, name).startsWith(`${home}.tmp-`))
      rmSync(join(parent, name), { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}
