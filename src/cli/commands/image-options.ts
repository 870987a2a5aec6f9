import { PACKAGE_LOCK_NAME } from '../../core/names.ts';
import type { StringOption } from '../command.ts';

export const LOCK_OPTION: StringOption & { default: string } = {
  kind: 'string',
  long: 'lock',
  valueName: 'path',
  default: PACKAGE_LOCK_NAME,
  description: 'the lock file: which version of each Debian package; commit it',
};

export const MIRROR_OPTIONS: { mirror: StringOption; securityMirror: StringOption } = {
  mirror: {
    kind: 'string',
    long: 'mirror',
    valueName: 'url',
    description: "a Debian archive; by default the first of this host's apt sources",
  },
  securityMirror: {
    kind: 'string',
    long: 'security-mirror',
    valueName: 'url',
    description: 'with --mirror: the archive of the security updates',
  },
};

/** @returns what the two options say; undefined: ask this host's apt */
export function mirrorsOf(options: {
  mirror: string | undefined;
  securityMirror: string | undefined;
}): { debian: string; security?: string } | undefined {
  if (options.mirror === undefined) return undefined;
  return {
    debian: withoutSlash(options.mirror),
    ...(options.securityMirror === undefined ? {} : { security: withoutSlash(options.securityMirror) }),
  };
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
