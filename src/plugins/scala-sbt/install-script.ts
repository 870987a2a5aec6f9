import { quotePosix } from '../../core/quote-posix.ts';
import {
  MARK,
  SBT_LAUNCH,
  SBT_LAUNCH_JAR,
  SBT_PROGRAM,
  SCALA_CLI_BOOT,
  SCALA_CLI_CONFIG,
  SCALA_CLI_PROGRAM,
} from './launchers.ts';

/**
 * A script of sh that installs the launcher of sbt, checked by its digest, and the programs sbt and scala-cli for the user
 * who runs it. The user's own repositories (MAVEN_REPO…_URL) are asked before Maven Central.
 * @param sha256 of the launcher
 */
export function installScript(sha256: string = SBT_LAUNCH.sha256): string {
  return `
set -eu
lib=$HOME/.local/lib/dewar bin=$HOME/.local/bin
jar=$lib/${SBT_LAUNCH_JAR}
path=org/scala-sbt/sbt-launch/${SBT_LAUNCH.version}/${SBT_LAUNCH_JAR}
say() { echo "dewar scala-sbt: $*" >&2; }
is_right() { [ -f "$1" ] && [ "$(sha256sum <"$1" | cut -d ' ' -f 1)" = ${sha256} ]; }

# $1: the variables of a repository begin with it
from_own_repository() {
  eval "url=\\\${$1_URL-} user=\\\${$1_USER-} password=\\\${$1_PASSWORD-}"
  [ -n "$user" ] || eval "user=\\\${$1_USERNAME-}"
  from "$url" "$user" "$password"
}

# by stdin, as everybody sees the words of a command; curl's own quoting
curl_config() {
  printf '%s' "$1" | sed -e 's/[\\\\"]/\\\\&/g' -e 's/^/url = "/' -e 's/$/"/'
  echo
  if [ -n "$2" ]; then printf '%s:%s' "$2" "$3" | sed -e 's/[\\\\"]/\\\\&/g' -e 's/^/user = "/' -e 's/$/"/'; fi
}

from() {
  say "downloads \${path##*/} from $(printf '%s' "\${1%/}" | sed 's#//[^/]*@#//#')"
  curl_config "\${1%/}/$path" "$2" "$3" | curl --config - --fail --silent --show-error --location --proto =http,https \
    --connect-timeout 15 --max-time 300 --output "$jar.part" || return 1
  if is_right "$jar.part"; then mv -f "$jar.part" "$jar"; return; fi
  say "it is not what it should be: its SHA-256 is not ${sha256}"
  rm -f "$jar.part"
  return 1
}

download() {
  own=$(env | sed -n 's/^\\(MAVEN_REPO\\(_[A-Za-z0-9_]*\\)\\{0,1\\}\\)_URL=..*/\\1/p' | sort -u)
  for repository in $own; do
    if from_own_repository "$repository"; then return; fi
  done
  from https://repo1.maven.org/maven2 '' ''
}

# what the user has put there by himself stays
put() {
  if [ -e "$1" ] && ! grep -qF ${quotePosix(MARK)} "$1"; then say "$1 is not of this plugin, and stays"; return; fi
  if [ -e "$1" ] && printf '%s' "$3" | cmp -s - "$1"; then return; fi
  printf '%s' "$3" >"$1.part"
  chmod "$2" "$1.part"
  mv -f "$1.part" "$1"
}

mkdir -p "$lib" "$bin"
if ! is_right "$jar" && ! download; then
  say "the launcher of sbt could not be had; where this machine's network is filtered or off,"
  say "see network.mode and network.domains of dewar.config.*, or give a repository of your own by MAVEN_REPO_URL in env"
  exit 1
fi
put "$lib/${SCALA_CLI_BOOT}" 644 ${quotePosix(SCALA_CLI_CONFIG)}
put "$bin/sbt" 755 ${quotePosix(SBT_PROGRAM)}
put "$bin/scala-cli" 755 ${quotePosix(SCALA_CLI_PROGRAM)}
`;
}
