import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../setup/paths.mjs';

/**
 * The installed packages that some packages need to run, themselves included.
 * @param names of packages in the project's node_modules
 * @returns paths of their directories, relative to the project
 */
export function packageClosure(names) {
  const seen = new Set();
  const visit = (name) => {
    const path = join('node_modules', name);
    const manifest = join(projectRoot, path, 'package.json');
    // what is optional may be of another platform
    if (seen.has(path) || !existsSync(manifest)) return;
    seen.add(path);
    const { dependencies = {}, optionalDependencies = {} } = JSON.parse(readFileSync(manifest, 'utf8'));
    for (const needed of Object.keys({ ...dependencies, ...optionalDependencies })) visit(needed);
  };
  for (const name of names) visit(name);
  return [...seen];
}
