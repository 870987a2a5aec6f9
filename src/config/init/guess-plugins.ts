/** Files of a project, and the plugin that is for it. */
const SIGNS: readonly (readonly [file: string, plugin: string])[] = [
  ['package.json', 'node'],
  ['build.sbt', 'scala-sbt'],
  ['MODULE.bazel', 'bazel'],
  ['WORKSPACE.bazel', 'bazel'],
  ['WORKSPACE', 'bazel'],
  ['pom.xml', 'maven'],
  ['build.gradle', 'gradle'],
  ['build.gradle.kts', 'gradle'],
  ['settings.gradle', 'gradle'],
  ['settings.gradle.kts', 'gradle'],
  ['Cargo.toml', 'cargo'],
  ['go.mod', 'go'],
  ['pyproject.toml', 'python'],
  ['requirements.txt', 'python'],
];

/**
 * @param entries names in the project's directory
 * @param known the built-in plugins
 * @returns the plugins that the project seems to want
 */
export function guessPlugins(entries: readonly string[], known: readonly string[]): string[] {
  const there = new Set(entries);
  const wanted = SIGNS.filter(([file, plugin]) => there.has(file) && known.includes(plugin));
  return [...new Set(wanted.map(([, plugin]) => plugin))];
}
