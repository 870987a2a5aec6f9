import { ensureBuild } from './build.mjs';
import { ensureNodePackages } from './node-packages.mjs';
import { ensureSystemPackages } from './system-packages.mjs';

/** What each of the project's commands needs: system packages, Node packages and, unless told otherwise, the build. */
export async function ensureProject({ build = true } = {}) {
  await ensureSystemPackages();
  await ensureNodePackages();
  if (build) await ensureBuild();
}
