import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from './say.mjs';

/** Names under which a Debian archive offers a whole distribution (not its -updates, -security or -backports). */
const WHOLE_SUITES = new Set(
  'bullseye bookworm trixie forky sid oldstable stable testing unstable'.split(' '),
);

/**
 * The Debian archive that this machine itself uses.
 * @param etc the directory of apt's configuration
 * @returns { uri, signedBy?: path of a key ring }
 */
export function debianMirror(etc = '/etc/apt') {
  const sources = readSources(etc);
  const mirror = sources.find(
    ({ types, suites, components }) =>
      types.includes('deb') && components.includes('main') && suites.some((suite) => WHOLE_SUITES.has(suite)),
  );
  if (mirror !== undefined) return { uri: mirror.uris[0], signedBy: mirror.signedBy };
  throw new SetupError(
    `no Debian archive among the ${sources.length} package sources in ${etc}; ` +
      'put a bazel with bzlmod (6.4 or newer) on PATH, or name one with DEWAR_BAZEL',
  );
}

function readSources(etc) {
  const parts = join(etc, 'sources.list.d');
  const files = existsSync(parts)
    ? readdirSync(parts)
        .toSorted()
        .map((name) => join(parts, name))
    : [];
  return [join(etc, 'sources.list'), ...files].filter(existsSync).flatMap((file) => {
    if (file.endsWith('.list')) return parseOneLineSources(readFileSync(file, 'utf8'));
    return file.endsWith('.sources') ? parseDeb822Sources(readFileSync(file, 'utf8')) : [];
  });
}

/** The one-line format of sources.list(5). @returns { types, uris, suites, components, signedBy? }[] */
export function parseOneLineSources(text) {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*(deb|deb-src)\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
    if (match === null) return [];
    const [, type, options = '', uri, suite, components] = match;
    const signedBy = /(?:^|\s)signed-by=(\S+)/i.exec(options)?.[1];
    return [
      { types: [type], uris: [uri], suites: [suite], components: words(components), ...keyRing(signedBy) },
    ];
  });
}

/** The deb822 format of sources.list(5). @returns { types, uris, suites, components, signedBy? }[] */
export function parseDeb822Sources(text) {
  const withoutComments = text.replaceAll(/^#.*\n?/gm, '');
  return withoutComments.split(/\n(?:[ \t]*\n)+/).flatMap((stanza) => {
    const fields = new Map();
    for (const [, name, value] of stanza.matchAll(/^([A-Za-z][\w-]*):((?:.*)(?:\n[ \t].*)*)/gm))
      fields.set(name.toLowerCase(), value);
    const list = (name) => words(fields.get(name) ?? '');
    if (/^\s*(no|false|off|0)\s*$/i.test(fields.get('enabled') ?? '') || list('uris').length === 0) return [];
    const source = {
      types: list('types'),
      uris: list('uris'),
      suites: list('suites'),
      components: list('components'),
    };
    return [{ ...source, ...keyRing(fields.get('signed-by')?.trim()) }];
  });
}

function words(text) {
  return text.split(/\s+/).filter((word) => word !== '');
}

/** Only a path can be handed on; a key inside the file or a fingerprint is left to apt's trusted keys. */
function keyRing(value) {
  return value?.startsWith('/') && !/\s/.test(value) ? { signedBy: value } : {};
}
