import { closeSync, constants, openSync, readSync } from 'node:fs';
import { errnoOf } from '../platform/errno.ts';

/** Files in which tools keep what they log in with, wherever they lie; one character a byte. */
const SECRET_NAMES: ReadonlySet<string> = new Set([
  '.credentials',
  '.docker',
  '.env',
  '.git-credentials',
  '.netrc',
  '.npmrc',
  '.pypirc',
  '.yarnrc',
  '.yarnrc.yml',
  '_netrc',
  'auth.json',
  'credentials',
  'credentials.json',
  'credentials.properties',
  'credentials.toml',
  'credentials.xml',
  'gradle.properties',
  'id_ecdsa',
  'id_ed25519',
  'id_rsa',
  'pip.conf',
  'settings-security.xml',
  'settings.xml',
]);

/** What tools write about a download, with its URL, is smaller; what they have downloaded is mostly larger. */
const LARGEST = 64 << 10;
const HEAD = 4 << 10;
const SCHEME_END = Buffer.from('://');
/** `https://user:secret@host`, and `https://token@host`; not `git@`, nor what URLs of ssh and templates have. */
const USER_INFO = /\b(?:https?|ftp):\/\/[^\s/@:"'<>{}$\\]*(?::[^\s/@"'<>{}$\\]+|[\w-]{16,})@[\w.[-]/;
/** A secret as a parameter of a query. */
const PARAMETER =
  /:\/\/[^\s"'<>]{1,2000}[?&](?:access_token|api_?key|auth|auth_token|key|password|private_token|secret|sig|signature|token|x-amz-credential|x-amz-security-token|x-amz-signature)=[^\s"'&<>{}$]{6}/i;
const scratch = Buffer.allocUnsafe(LARGEST);

/** @param name the last part of a path */
export function isSecretName(name: string): boolean {
  return SECRET_NAMES.has(name);
}

/**
 * Looks whether a small text has a URL with a secret in it, as what tools note of their downloads may have.
 * @param size bytes, as it was listed
 * @returns false also for what cannot be read
 */
export function hasSecretUrl(path: Buffer, size: number): boolean {
  if (size > LARGEST || size === 0) return false;
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const head = readSync(fd, scratch, 0, Math.min(HEAD, size), 0);
      if (scratch.subarray(0, head).includes(0)) return false;
      const rest = size > head ? readSync(fd, scratch, head, size - head, head) : 0;
      return isUrlWithSecret(scratch.subarray(0, head + rest));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}

export function isUrlWithSecret(bytes: Buffer): boolean {
  if (!bytes.includes(SCHEME_END)) return false;
  const text = bytes.toString('latin1');
  return USER_INFO.test(text) || PARAMETER.test(text);
}
