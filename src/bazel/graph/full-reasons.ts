/** Why only a full query is sound, and what that means in words. */
export const FULL_REASONS = {
  configured: 'the graph was made by cquery, which configures targets across packages',
  'base-errors': 'the graph of the base commit had errors, so what it lacks is not known',
  flags: 'a flag makes one package depend on the contents of another',
  'odd-path': 'the path has characters that labels, markers or other systems spell in another way',
  'odd-case':
    'the name differs only by case from one that Bazel knows, which some file systems take for the same',
  'unknown-change': 'git reported a change of a kind that is not known here, or one path twice',
  'type-changed': 'the path became a file of another type',
  'mode-changed': 'the mode of the file changed',
  symlink: 'the path is or was a symbolic link',
  submodule: 'the path is or was a submodule, or lists them',
  'module-file': 'it is a module, workspace, repository or lock file',
  'rc-file': 'it is an rc file',
  'bazel-version': 'it chooses the Bazel to run',
  bazelignore: 'it says which directories Bazel leaves out',
  prelude: 'it is part of the prelude, which every BUILD file loads',
  'tools-bazel': 'it is the wrapper that runs Bazel',
  'git-attributes': 'it changes how git writes other files',
  'external-directory': 'Bazel reserves the directory for other repositories',
  'shared-directory':
    'it lies in a directory that links, repositories or submodules bring into the graph in another way',
  'read-by-repository': 'a repository rule, a module extension, an rc or a module file reads it',
  'repository-bzl': 'repository rules or module extensions are made of it',
  'repository-package': 'labels in it that repository rules use start or cease to name files',
  'external-loader': 'another repository loads it',
  'unknown-package': 'a BUILD file changed in a directory that was no package',
} as const;

export type FullReason = keyof typeof FULL_REASONS;
