import { mkdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SetupError, say } from './say.mjs';
import { ensureDebianBazel, installedDebianBazel } from './bazel-from-debian.mjs';
import { ensureBazelisk } from './bazelisk.mjs';
import { checkBazel } from './check-bazel.mjs';
import { toolsDir } from './paths.mjs';
import { which } from './run.mjs';

/**
 * A Bazel that works: the one of DEWAR_BAZEL, else the one on PATH, else bazelisk where it can download, else Debian's.
 * @param needs `needBzlmod`: whether it must know modules (Bazel 6.4 or newer)
 * @returns the absolute path of its program
 */
export async function ensureBazel({ needBzlmod }, env = process.env) {
  if (env.DEWAR_BAZEL) return named(env.DEWAR_BAZEL, env);
  for (const name of ['bazel', 'bazelisk']) {
    const found = which(name, env);
    if (found !== undefined && (await works(found, needBzlmod, env))) return found;
  }
  return installedDebianBazel(7) ?? (await ensureBazelisk(env)) ?? (await ensureDebianBazel(7));
}

/** A real Bazel 4, from before modules, that the tests run the engine on. */
export function ensureBazel4() {
  return ensureDebianBazel(4);
}

/** A Bazel 7 whose directory (`bin/`, `root/`) is all that it needs, and can be copied. @returns the path of its program */
export function ensureBazelTree() {
  return ensureDebianBazel(7);
}

function named(bazel, env) {
  const path = which(bazel, env);
  if (path === undefined) throw new SetupError(`DEWAR_BAZEL names ${bazel}, which is no program`);
  return path;
}

/** Checks a Bazel once, and again when its program changes. */
async function works(program, bzlmod, env) {
  const cache = join(toolsDir(env), 'checked.json');
  const { mtimeMs, size } = statSync(realpathSync(program));
  const key = [program, mtimeMs, size, bzlmod].join(':');
  const known = readCache(cache)[key];
  if (known !== undefined) return known;
  const result = await tryOut(program, bzlmod);
  mkdirSync(dirname(cache), { recursive: true });
  writeFileSync(cache, `${JSON.stringify({ ...readCache(cache), [key]: result }, undefined, 2)}\n`);
  return result;
}

async function tryOut(program, bzlmod) {
  try {
    await checkBazel(program, { bzlmod });
    return true;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(`passes over ${program}, which ${bzlmod ? 'has no working bzlmod' : 'does not work'}`);
    return false;
  }
}

function readCache(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT' && !(error instanceof SyntaxError)) throw error;
    return {};
  }
}
