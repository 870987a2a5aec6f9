import type { FullReason } from './full-reasons.ts';

/** @returns why a change of a file of this name, whatever it is, needs a full query; undefined when it need not */
export function specialPath(path: string): FullReason | undefined {
  if (!isPlain(path)) return 'odd-path';
  const name = path.slice(path.lastIndexOf('/') + 1);
  const special = specialName(name) ?? specialPlace(path);
  if (special !== undefined) return special;
  return isOddCase(name) || specialPlace(path.toLowerCase()) !== undefined ? 'odd-case' : undefined;
}

/** On a file system without case, `build` is a BUILD file. */
function isOddCase(name: string): boolean {
  if (isBuildFile(name) || isBzlFile(name)) return false;
  return /^build(?:\.bazel)?$|\.(?:bzl|scl)$/i.test(name) || ODD_MODULE_FILE.test(name);
}

export function isBuildFile(name: string): boolean {
  return name === 'BUILD' || name === 'BUILD.bazel';
}

/** @returns true for what BUILD files can load */
export function isBzlFile(name: string): boolean {
  return name.endsWith('.bzl') || name.endsWith('.scl');
}

const MODULE_FILE = /^(?:MODULE\.bazel|WORKSPACE|REPO\.bazel|VENDOR\.bazel)|\.MODULE\.bazel$/;
/** What a file system without case takes for a module file. */
const ODD_MODULE_FILE = /^(?:(?:module|repo|vendor)\.bazel|workspace(?:\.bazel|\.bzlmod)?)$/i;
const ATTRIBUTE_FILES = new Set(['.gitattributes', '.lfsconfig']);
const VERSION_FILES = new Set(['.bazelversion', '.bazeliskrc']);

function specialName(name: string): FullReason | undefined {
  if (MODULE_FILE.test(name)) return 'module-file';
  if (name.endsWith('.bazelrc') || name === 'bazel.rc') return 'rc-file';
  if (VERSION_FILES.has(name)) return 'bazel-version';
  if (name === '.bazelignore') return 'bazelignore';
  if (ATTRIBUTE_FILES.has(name)) return 'git-attributes';
  return name === '.gitmodules' ? 'submodule' : undefined;
}

function specialPlace(path: string): FullReason | undefined {
  if (path === 'tools/build_rules/prelude_bazel') return 'prelude';
  if (path === 'tools/bazel' || path.startsWith('tools/bazel.')) return 'tools-bazel';
  return path.startsWith('external/') ? 'external-directory' : undefined;
}

/**
 * Printable ASCII, no colon (labels), no backslash (other systems), no segment that names a place by relation. Names of
 * other characters are printed by Bazel 7 and older as other text.
 */
function isPlain(path: string): boolean {
  if (!/^[\x20-\x7e]+$/.test(path) || /[:\\]/.test(path)) return false;
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}
