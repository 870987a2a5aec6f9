/** The launcher of sbt, a file of Maven Central; it starts whichever sbt a build asks for. */
export const SBT_LAUNCH = {
  version: '1.13.1',
  sha256: 'b73aabc037a4b6e06b5d07d36edd026a97c3ac11c2f7e0d6f581d8efa47472e8',
} as const;

/** From Maven Central, as sbt: no other host is needed, and the user's mirrors and credentials are good for it. */
const SCALA_CLI = { version: '1.5.4', scala: '3.3.4' } as const;

/** In `~/.local/lib/dewar`. */
export const SBT_LAUNCH_JAR: string = `sbt-launch-${SBT_LAUNCH.version}.jar`;
export const SCALA_CLI_BOOT: string = `scala-cli-${SCALA_CLI.version}.properties`;

/** Tells files of ours from the user's own. */
export const MARK = "by dewar's plugin scala-sbt";

/** The program `sbt`. */
export const SBT_PROGRAM: string = `#!/bin/sh
# sbt, ${MARK}: starts the version that project/build.properties names.
# Options of Java: -J… and -D… of the command line, SBT_OPTS, JAVA_OPTS, the lines of .jvmopts, and -J… and -D… in .sbtopts.
set -f
lines_of() {
  if [ -f "$1" ]; then sed -e 's/^[[:space:]]*#.*//' -e 's/\\r$//' "$1"; fi
}
options="-Xss4m -Dfile.encoding=UTF-8 $JAVA_OPTS $SBT_OPTS $(lines_of .jvmopts) $(lines_of .sbtopts | sed -n 's/^-J//p; /^-D/p')"
count=$#
for word; do
  case $word in -J*) set -- "$@" "\${word#-J}" ;; -D*) set -- "$@" "$word" ;; esac
done
set -- "$@" -jar "$HOME/.local/lib/dewar/${SBT_LAUNCH_JAR}"
while [ "$count" -gt 0 ]; do
  word=$1 count=$((count - 1))
  shift
  case $word in -J* | -D*) ;; *) set -- "$@" "$word" ;; esac
done
exec java $options "$@"
`;

/** The program `scala-cli`: downloaded by the launcher of sbt when it is run first. */
export const SCALA_CLI_PROGRAM: string = `#!/bin/sh
# scala-cli, ${MARK}.
lib=$HOME/.local/lib/dewar
exec java -Xss4m -jar "$lib/${SBT_LAUNCH_JAR}" "@$lib/${SCALA_CLI_BOOT}" "$@"
`;

/** What the launcher needs to know of it: see sbt's reference, "Sbt Launcher". */
export const SCALA_CLI_CONFIG: string = `# scala-cli, ${MARK}
[scala]
  version: ${SCALA_CLI.scala}

[app]
  org: org.virtuslab.scala-cli
  name: cli_3
  version: ${SCALA_CLI.version}
  class: scala.cli.ScalaCli
  cross-versioned: false

[repositories]
  local
  maven-central

[boot]
  directory: \${user.home}/.sbt/boot/
  lock: true

[ivy]
  ivy-home: \${user.home}/.ivy2/
  checksums: sha1,md5
  override-build-repos: false
  repository-config: \${user.home}/.sbt/repositories
`;
