import { join } from 'node:path';
import { say } from './say.mjs';
import { checkBazel } from './check-bazel.mjs';
import { makeBazel, RECIPES } from './debian-bazel-recipe.mjs';
import { digestOfScripts, ensureMade, isMade } from './made-directory.mjs';
import { toolsDir } from './paths.mjs';

/**
 * A real Bazel of that major version from Debian's packages, in the tools directory and nowhere else.
 * @returns the path of its program
 */
export async function ensureDebianBazel(major) {
  const recipe = RECIPES[major];
  const home = homeOf(major);
  await ensureMade(home, recipeDigest(), async (made) => {
    say(
      `installs Bazel ${major} from Debian ${recipe.suite} into ${home} (300 MB to download, 0.7 GB on disk)`,
    );
    const from = Date.now();
    await makeBazel(made, recipe);
    await checkBazel(join(made, 'bin', 'bazel'), recipe);
    say(`Bazel ${major} is ready after ${Math.round((Date.now() - from) / 1000)} s`);
  });
  return join(home, 'bin', 'bazel');
}

/** @returns the path of its program, or undefined where ensureDebianBazel would have to install it */
export function installedDebianBazel(major) {
  const home = homeOf(major);
  return isMade(home, recipeDigest()) ? join(home, 'bin', 'bazel') : undefined;
}

function homeOf(major) {
  return join(toolsDir(), `bazel-${major}`);
}

/** Changes with how the trees are made. */
function recipeDigest() {
  return digestOfScripts([
    'debian-bazel-recipe',
    'debian-tree',
    'bazel-wrapper',
    'bazel-7-offline',
    'add-to-zip',
  ]);
}
