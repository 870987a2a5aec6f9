import { DewarError } from '../../core/errors.ts';
import { runCommand } from '../../platform/run-command.ts';
import type { Mirrors } from './parse-print-uris.ts';

/** Names under which a Debian archive offers a whole distribution. */
const WHOLE_SUITES = new Set(
  'bullseye bookworm trixie forky duke sid oldoldstable oldstable stable testing unstable'.split(' '),
);

const FORMAT = ['SITE', 'RELEASE', 'COMPONENT'].map((name) => `$(${name})`).join('\t');

/**
 * The Debian archives that this host itself uses, as apt knows them.
 * @throws DewarError NO_DEBIAN_MIRROR; as `runCommand` does
 */
export async function findMirrors(
  env: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<Mirrors> {
  const args = ['indextargets', '--format', FORMAT, 'Created-By: Packages'];
  const { stdout } = await runCommand('apt-get', args, { env, signal });
  const mirrors = mirrorsOf(stdout.toString('utf8'));
  if (mirrors !== undefined) return mirrors;
  throw new DewarError({
    code: 'NO_DEBIAN_MIRROR',
    message: "this host's apt has no Debian archive among its sources",
    mend: 'give one: --mirror <url of a Debian archive> (and --security-mirror for its security updates)',
  });
}

/**
 * Reads lines of base URL, suite and component, separated by tabs.
 * @returns the first whole distribution, and the first security archive
 */
export function mirrorsOf(text: string): Mirrors | undefined {
  const main = text
    .split('\n')
    .map((line) => line.split('\t'))
    .filter(([, , component]) => component === 'main');
  const find = (wanted: (suite: string) => boolean): string | undefined =>
    main.find(([, suite = '']) => wanted(suite))?.[0]?.replace(/\/+$/, '');
  const debian = find((suite) => WHOLE_SUITES.has(suite));
  if (debian === undefined) return undefined;
  const security = find((suite) => /^[a-z]+-security$/.test(suite));
  return { debian, ...(security === undefined ? {} : { security }) };
}
