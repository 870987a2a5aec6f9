import { expect, test } from 'vitest';
import { mirrorsOf } from './find-mirrors.ts';
import { parsePrintUris } from './parse-print-uris.ts';

const MIRRORS = { debian: 'http://a.example/debian', security: 'http://a.example/debian-security' };
const SHA = 'b'.repeat(64);

test('packages are read from what apt-get --print-uris prints, sorted', () => {
  const text = [
    'Reading package lists...',
    `'http://a.example/debian-security/pool/updates/main/o/openssh/openssh-server_9.2p1-2%2bdeb12u10_amd64.deb' openssh-server_1%3a9.2p1-2+deb12u10_amd64.deb 456320 SHA256:${SHA}`,
    `'http://a.example/debian/pool/main/b/bash/bash_5.2.15-2%2bb8_amd64.deb' bash_5.2.15-2+b8_amd64.deb 1490768 SHA256:${SHA}`,
    `'http://elsewhere.example/debian/pool/main/x/x/x_1_all.deb' x_1_all.deb 1 SHA256:${SHA}`,
    `'http://a.example/debian/pool/main/y/y/y_1_all.deb' y_1_all.deb 1 MD5Sum:0123`,
    '',
  ].join('\n');
  expect(parsePrintUris(text, MIRRORS)).toEqual([
    {
      name: 'bash',
      version: '5.2.15-2+b8',
      architecture: 'amd64',
      sha256: SHA,
      size: 1490768,
      archive: 'debian',
      path: 'pool/main/b/bash/bash_5.2.15-2%2bb8_amd64.deb',
    },
    {
      name: 'openssh-server',
      version: '1:9.2p1-2+deb12u10',
      architecture: 'amd64',
      sha256: SHA,
      size: 456320,
      archive: 'security',
      path: 'pool/updates/main/o/openssh/openssh-server_9.2p1-2%2bdeb12u10_amd64.deb',
    },
  ]);
});

test('the archives of a host are its first whole Debian and its first security updates', () => {
  const targets = [
    'https://apt.example/tool\tnodistro\tmain',
    'http://a.example/debian\tbookworm-updates\tmain',
    'http://a.example/debian\tbookworm\tcontrib',
    'http://b.example/debian/\tbookworm\tmain',
    'http://c.example/debian\ttrixie\tmain',
    'http://s.example/debian-security/\tbookworm-security\tmain',
    '',
  ].join('\n');
  expect(mirrorsOf(targets)).toEqual({
    debian: 'http://b.example/debian',
    security: 'http://s.example/debian-security',
  });
});

test('a host of another distribution has none', () => {
  expect(mirrorsOf('http://archive.example/ubuntu\tjammy\tmain\n')).toBeUndefined();
  expect(mirrorsOf('')).toBeUndefined();
});
