import { DewarError } from '../../core/errors.ts';
import { parseWords } from '../../core/parse-words.ts';
import { parseRegistry } from './registry.ts';
import type { Registry } from './registry.ts';

export interface LoginOptions {
  /** Of the host's AWS config; what its environment says when absent. */
  profile: string | undefined;
  region: string | undefined;
  /** False: the sign-in page is not opened, its address only printed. */
  browser: boolean;
  /** True: the account's own registry of the region, beside `registries`. */
  ecr: boolean;
  registries: readonly Registry[];
  codeartifact: { domain: string; owner: string | undefined } | undefined;
}

export const LOGIN_USAGE =
  '[--profile NAME] [--region NAME] [--ecr] [--registry HOST]... [--codeartifact [ACCOUNT/]DOMAIN] [--no-browser]';

const OPTIONS = {
  profile: { type: 'string' },
  region: { type: 'string' },
  ecr: { type: 'boolean' },
  registry: { type: 'string', multiple: true },
  codeartifact: { type: 'string' },
  'no-browser': { type: 'boolean' },
} as const;

// it becomes the name of a section
const PROFILE = /^[^\p{Cc}[\]"'\\]+$/u;
const REGION = /^[a-z]{2}(?:-[a-z]+)+-\d{1,2}$/;
const DOMAIN = /^(?:(?<owner>\d{12})\/)?(?<domain>[a-z][a-z0-9-]{0,48}[a-z0-9])$/;

/** @throws DewarError USAGE */
export function parseLoginOptions(words: readonly string[]): LoginOptions {
  const given = parseWords('aws login', words, OPTIONS);
  return {
    profile: matching('--profile', given.profile, PROFILE, 'the name of a profile'),
    region: matching('--region', given.region, REGION, 'a region such as eu-central-1'),
    browser: given['no-browser'] !== true,
    ecr: given.ecr === true,
    registries: (given.registry ?? []).map((host) => parseRegistry(host) ?? refuse('--registry', host, HOST)),
    codeartifact: domainOf(given.codeartifact),
  };
}

const HOST = 'a registry such as 123456789012.dkr.ecr.eu-central-1.amazonaws.com';

function domainOf(value: string | undefined): LoginOptions['codeartifact'] {
  if (value === undefined) return undefined;
  const { domain, owner } = DOMAIN.exec(value)?.groups ?? {};
  if (domain === undefined)
    return refuse('--codeartifact', value, 'a domain, or 123456789012/domain for that of another account');
  return { domain, owner };
}

function matching(
  option: string,
  value: string | undefined,
  pattern: RegExp,
  what: string,
): string | undefined {
  if (value === undefined || pattern.test(value)) return value;
  return refuse(option, value, what);
}

function refuse(option: string, value: string, what: string): never {
  throw new DewarError({
    code: 'USAGE',
    message: `dewar aws login: ${option} ${JSON.stringify(value)} is not ${what}`,
    mend: `give ${what}`,
  });
}
