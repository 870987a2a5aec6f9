/** Variables that reach Bazel under record and consume and can change the graph; `X_*` means all that begin so. */
const GRAPH_VARIABLES = [
  'PATH',
  'JAVA_HOME',
  'CC',
  'CXX',
  'BAZEL*',
  'USE_BAZEL_VERSION',
  'ANDROID_*',
  'GOROOT',
  'PYTHON*',
] as const;

/** Variables that reach Bazel and only say where and as whom it runs. */
const PLAIN_VARIABLES = [
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'TERM',
  'TMPDIR',
  'TZ',
  'LANG',
  'LANGUAGE',
  'LC_*',
  'XDG_*',
  'DEWAR_CACHE_DIR',
  'NETRC',
  'SSH_AUTH_SOCK',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
] as const;

/** All variables that reach Bazel under record and consume. */
export const PASSED_VARIABLES: readonly string[] = [...GRAPH_VARIABLES, ...PLAIN_VARIABLES];

/**
 * @param env what Bazel gets
 * @param extra names that the user asked for: their absence counts too
 * @returns the variables that can change the graph
 */
export function graphVariables(
  env: Readonly<Record<string, string>>,
  extra: readonly string[],
): Record<string, string | undefined> {
  const names = Object.keys(env).filter((name) => GRAPH_VARIABLES.some((pattern) => matches(name, pattern)));
  return Object.fromEntries([...new Set([...names, ...extra])].map((name) => [name, env[name]]));
}

function matches(name: string, pattern: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
