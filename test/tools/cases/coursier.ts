import type { ToolCase } from '../support/tool-case.ts';
import { pom } from '../support/pom.ts';

/** The library that sbt resolves with, from Java. */
const FETCH = `import coursierapi.*;
class Resolve {
  public static void main(String[] words) throws Exception {
    for (java.io.File file : Fetch.create().addDependencies(Dependency.of("org.scala-lang", "scala-library", "2.13.12"),
        Dependency.of("org.slf4j", "slf4j-nop", "1.7.36")).fetch())
      System.out.println(file.getName());
  }
}
`;

export const coursier: ToolCase = {
  name: 'Coursier',
  plugin: 'scala-sbt',
  caches: ['coursier'],
  needs: ['mvn', 'javac'],
  files: {
    'pom.xml': pom({ dependency: ['io.get-coursier', 'interface', '1.0.19'] }),
    'Resolve.java': FETCH,
  },
  async fill(directory, { does }) {
    await does(directory, 'mvn', '-B', '-q', 'dependency:copy-dependencies', '-DoutputDirectory=lib');
    await does(directory, 'java', '-cp', 'lib/*', 'Resolve.java');
  },
  offline: "COURSIER_MODE=offline java -cp 'lib/*' Resolve.java",
  prints: 'scala-library-2.13.12.jar\nslf4j-nop-1.7.36.jar\nslf4j-api-1.7.36.jar',
  fails: /not found|offline/i,
};
