import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mirrors } from './parse-print-uris.ts';

const KEY_RING = '/usr/share/keyrings/debian-archive-keyring.gpg';
/** They have neither -updates nor -security. */
const ROLLING = new Set(['forky', 'duke', 'sid', 'testing', 'unstable']);

/**
 * Makes the directories and the sources of an apt of our own below `directory`, with nothing installed. This host's
 * proxies and keys stay in force; its packages are neither read nor touched.
 * @returns options for apt-get
 */
export async function privateApt(
  directory: string,
  suite: string,
  architecture: string,
  mirrors: Mirrors,
): Promise<string[]> {
  for (const name of ['state', 'lists/partial', 'archives/partial'])
    await mkdir(join(directory, name), { recursive: true });
  const signed = (await isThere(KEY_RING)) ? ` signed-by=${KEY_RING}` : '';
  const sources = sourcesOf(suite, mirrors).map(
    ([uri, name]) => `deb [target=Packages arch=${architecture}${signed}] ${uri} ${name} main\n`,
  );
  await writeFile(join(directory, 'sources.list'), sources.join(''));
  await writeFile(join(directory, 'status'), '');
  const settings = {
    'APT::Architecture': architecture,
    'APT::Architectures': architecture,
    'APT::Install-Recommends': 'false',
    // as root, apt would download as a user who may not read a private directory
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '3',
    'Acquire::ForceHash': 'SHA256',
    'Dir::Etc::SourceList': join(directory, 'sources.list'),
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::Etc::Preferences': '/dev/null',
    'Dir::Etc::PreferencesParts': '/dev/null',
    'Dir::State': join(directory, 'state'),
    'Dir::State::Lists': join(directory, 'lists'),
    'Dir::State::Status': join(directory, 'status'),
    'Dir::Cache': directory,
    'Dir::Cache::Archives': join(directory, 'archives'),
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

function sourcesOf(suite: string, mirrors: Mirrors): [uri: string, suite: string][] {
  const main: [string, string][] = [[mirrors.debian, suite]];
  if (ROLLING.has(suite)) return main;
  main.push([mirrors.debian, `${suite}-updates`]);
  if (mirrors.security !== undefined) main.push([mirrors.security, `${suite}-security`]);
  return main;
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
