import type { ToolCase } from '../support/tool-case.ts';
import { pom } from '../support/pom.ts';

/** Under its name Maven notes where each file is from; the machine has no such settings. */
const MIRROR = `<settings><mirrors><mirror>
  <id>corp</id><mirrorOf>central</mirrorOf><url>https://repo.maven.apache.org/maven2</url>
</mirror></mirrors></settings>
`;

export const maven: ToolCase = {
  name: 'Maven',
  plugin: 'maven',
  caches: ['maven-repository'],
  needs: ['mvn', 'javac'],
  files: {
    'pom.xml': pom({ dependency: ['org.apache.commons', 'commons-lang3', '3.14.0'] }),
    'corp.xml': MIRROR,
    'src/main/java/small/Main.java': `package small;
import org.apache.commons.lang3.StringUtils;
public class Main {
  public static void main(String[] words) { System.out.println(StringUtils.reverse("dlrow olleh")); }
}
`,
    'src/main/resources/small.txt': 'a resource\n',
  },
  async fill(directory, { does }) {
    await does(directory, 'mvn', '-B', '-q', '-s', 'corp.xml', 'package');
    await does(directory, 'rm', '-rf', 'target');
  },
  offline: `mvn -B -o -q package >&2 &&
    java -cp "target/small-1.0.jar:$HOME/.m2/repository/org/apache/commons/commons-lang3/3.14.0/commons-lang3-3.14.0.jar" small.Main`,
  prints: 'hello world',
  fails: /offline mode/,
};
