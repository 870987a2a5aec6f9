import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { say } from './say.mjs';
import { checkBazel } from './check-bazel.mjs';
import { makeBazel, RECIPES } from './debian-bazel-recipe.mjs';
import { withLock } from './lock.mjs';
import { toolsDir } from './paths.mjs';

/**
 * A real Bazel of that major version from Debian's packages, in the tools directory and nowhere else.
 * @returns the path of its program
 */
export async function ensureDebianBazel(major) {
  const installed = installedDebianBazel(major);
  if (installed !== undefined) return installed;
  const home = homeOf(major);
  await withLock(`${home}.lock`, async () => {
    if (!isCurrent(home)) await make(major, home);
  });
  return join(home, 'bin', 'bazel');
}

/** @returns the path of its program, or undefined where ensureDebianBazel would have to install it */
export function installedDebianBazel(major) {
  const home = homeOf(major);
  return isCurrent(home) ? join(home, 'bin', 'bazel') : undefined;
}

function homeOf(major) {
  return join(toolsDir(), `bazel-${major}`);
}

async function make(major, home) {
  const recipe = RECIPES[major];
  say(
    `installs Bazel ${major} from Debian ${recipe.suite} into ${home} (300 MB to download, 0.7 GB on disk)`,
  );
  const from = Date.now();
  removeLeftovers(home);
  const made = `${home}.tmp-${process.pid}`;
  try {
    await makeBazel(made, recipe);
    await checkBazel(join(made, 'bin', 'bazel'), recipe);
    writeFileSync(join(made, 'recipe'), recipeDigest());
    if (existsSync(home)) renameSync(home, `${home}.tmp-old-${process.pid}`);
    renameSync(made, home);
  } finally {
    removeLeftovers(home);
  }
  say(`Bazel ${major} is ready after ${Math.round((Date.now() - from) / 1000)} s`);
}

/** Of an earlier set-up that was ended half-way; the lock is ours, so nobody uses them. */
function removeLeftovers(home) {
  const parent = dirname(home);
  for (const name of existsSync(parent) ? readdirSync(parent) : [])
    if (join(parent, name).startsWith(`${home}.tmp-`))
      rmSync(join(parent, name), { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

function isCurrent(home) {
  const recipe = join(home, 'recipe');
  return existsSync(recipe) && readFileSync(recipe, 'utf8') === recipeDigest();
}

/** Changes with how the trees are made. */
function recipeDigest() {
  const files = ['debian-bazel-recipe', 'debian-tree', 'bazel-wrapper', 'bazel-7-offline', 'add-to-zip'];
  const hash = createHash('sha256');
  for (const name of files) hash.update(readFileSync(new URL(`${name}.mjs`, import.meta.url)));
  return hash.digest('hex');
}
