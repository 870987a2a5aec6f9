/** Root's; the same for all users of this host, as its devices and rules are. */
const DIRECTORY = '/run/dewar-network';

/** @returns absolute path of where networks of machines are: `DEWAR_NETWORKS`, for tests, or the host's one */
export function networksDirectory(env: Readonly<Record<string, string>>): string {
  return env['DEWAR_NETWORKS'] ?? DIRECTORY;
}
