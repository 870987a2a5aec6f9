import { quotePosix } from '../core/quote-posix.ts';

export interface NpmPackage {
  /** Whose script it is, for messages. */
  plugin: string;
  /** On the npm registry. */
  name: string;
  /** The newest when absent; what is installed already then stays as it is. */
  version?: string;
  /** The command that it brings. */
  program: string;
}

/**
 * @returns a script of sh that installs a package of npm for the user who runs it: into the prefix of his npm config when
 * that is below his home, else into `~/.local`. His npm config says from which registry. It does nothing where the package
 * is there, or the program is by other means.
 */
export function npmPackageScript({ plugin, name, version, program }: NpmPackage): string {
  return `
set -eu
plugin=${quotePosix(plugin)} name=${quotePosix(name)} version=${quotePosix(version ?? '')} program=${quotePosix(program)}
say() { echo "dewar $plugin: $*" >&2; }

prefix=$HOME/.local
is_there() {
  [ -x "$prefix/bin/$program" ] || return 1
  [ -z "$version" ] || grep -qF "\\"version\\": \\"$version\\"" "$prefix/lib/node_modules/$name/package.json" 2>/dev/null
}
if is_there; then exit 0; fi
if ! command -v npm >/dev/null; then say "npm is not in this image; dewar build makes it anew"; exit 1; fi
own=$(npm config get prefix)
case $own in "$HOME"/*) prefix=$own ;; esac
if is_there; then exit 0; fi
if [ ! -e "$prefix/lib/node_modules/$name" ]; then
  other=$(command -v "$program" || :)
  if [ -n "$other" ]; then say "$program is $other: $name is not installed"; exit 0; fi
fi

say "installs $name\${version:+ $version} with npm"
if ! timeout 900 npm install --global --prefix "$prefix" --no-fund --no-audit --no-update-notifier --fetch-retries=1 \\
  --fetch-retry-mintimeout=1000 --loglevel=error "$name\${version:+@$version}" >&2
then
  say "npm could not install $name from $(npm config get registry); where this machine's network is filtered or off,"
  say "see network.mode and network.domains of dewar.config.*, or set another registry in ~/.npmrc"
  exit 1
fi
`;
}
