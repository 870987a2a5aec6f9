/** Whichever Maven it is, it shall want the same. */
const PLUGINS = {
  'maven-clean-plugin': '3.2.0',
  'maven-compiler-plugin': '3.11.0',
  'maven-dependency-plugin': '3.6.1',
  'maven-jar-plugin': '3.3.0',
  'maven-resources-plugin': '3.3.1',
  'maven-surefire-plugin': '3.2.5',
};

/** @returns a project for Maven with one dependency: group, artifact, version */
export function pom({ dependency }: { dependency: readonly [string, string, string] }): string {
  const [group, artifact, version] = dependency;
  const plugins = Object.entries(PLUGINS).map(
    ([name, wanted]) =>
      `<plugin><groupId>org.apache.maven.plugins</groupId><artifactId>${name}</artifactId><version>${wanted}</version></plugin>`,
  );
  return `<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>small</groupId>
  <artifactId>small</artifactId>
  <version>1.0</version>
  <properties>
    <maven.compiler.release>17</maven.compiler.release>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
  <dependencies>
    <dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>
  </dependencies>
  <build><pluginManagement><plugins>
    ${plugins.join('\n    ')}
  </plugins></pluginManagement></build>
</project>
`;
}
