import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hasSecretUrl, isSecretName, isUrlWithSecret } from './is-secret.ts';

test.each(['.npmrc', 'credentials', 'settings.xml', 'settings-security.xml', 'gradle.properties', '.netrc'])(
  '%s is a name of secrets',
  (name) => expect(isSecretName(name)).toBe(true),
);

test.each(['npmrc', 'credentials.go', 'settings.xml.sha1', 'index.json'])('%s is none', (name) =>
  expect(isSecretName(name)).toBe(false),
);

test.each([
  'https://me:hunter2@repo.example.com/x',
  '"url":"http://user:pa%20ss@10.0.0.1:8081/"',
  'https://ghp_0123456789abcdef0123@github.com/a/b.git',
  'https://repo.example.com/x?token=abcdef123456',
  'https://bucket.s3.amazonaws.com/k?X-Amz-Date=1&X-Amz-Signature=0123456789abcdef',
  'https://x.blob.example.net/c?sv=2022&sig=abcdefgh',
])('%s has a secret', (text) => expect(isUrlWithSecret(Buffer.from(`x\n${text}\ny`))).toBe(true));

test.each([
  'https://registry.example.com/a/-/a-1.0.0.tgz',
  'git@github.com:a/b.git',
  'ssh://git@github.com/a/b.git',
  'https://host/a@1.0.0/b',
  'https://${user}:${password}@host/',
  'https://host/?page=2&size=10000000',
  'mailto:me@example.com',
  'scm:git:https://github.com/a/b.git',
])('%s has none', (text) => expect(isUrlWithSecret(Buffer.from(`x\n${text}\ny`))).toBe(false));

test('only small texts are looked into, and no links', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'dewar-test-'));
  const url = 'https://me:hunter2@repo.example.com/x';
  const file = async (name: string, content: string): Promise<boolean> => {
    const path = join(directory, name);
    await writeFile(path, content);
    return hasSecretUrl(Buffer.from(path), content.length);
  };
  try {
    expect(await file('text', url)).toBe(true);
    expect(await file('late', `${'x'.repeat(50_000)} ${url}`)).toBe(true);
    expect(await file('binary', `\0${url}`)).toBe(false);
    expect(await file('large', `${'x'.repeat(70_000)} ${url}`)).toBe(false);
    await symlink('text', join(directory, 'link'));
    expect(hasSecretUrl(Buffer.from(join(directory, 'link')), url.length)).toBe(false);
    expect(hasSecretUrl(Buffer.from(join(directory, 'absent')), 1)).toBe(false);
  } finally {
    await rm(directory, { recursive: true });
  }
});
