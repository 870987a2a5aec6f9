import { describe, expect, test } from 'vitest';
import { sampleLock, samplePackage } from '../sample-lock.fixture.ts';
import { lockChanges } from './lock-changes.ts';
import { formatPackageLock, parsePackageLock } from './package-lock.ts';
import type { PackageLock } from './package-lock.ts';

const LOCK: PackageLock = {
  format: 1,
  images: {
    systemd: sampleLock([samplePackage('bash', '5.2.15-2+b8'), samplePackage('openssh-server', '1:9.2p1-2')]),
    minimal: sampleLock(),
  },
};

describe('the text of a lock file', () => {
  test('is read back as what was written, whatever the order of its profiles', () => {
    const text = formatPackageLock(LOCK);
    expect(parsePackageLock(text, 'dewar.lock')).toEqual(LOCK);
    expect(formatPackageLock(parsePackageLock(text, 'dewar.lock'))).toBe(text);
    const { systemd, minimal } = LOCK.images;
    if (systemd === undefined || minimal === undefined) throw new Error('no sample');
    expect(formatPackageLock({ format: 1, images: { minimal, systemd } })).toBe(text);
  });

  test('has one line for each package', () => {
    const lines = formatPackageLock(LOCK).split('\n');
    expect(lines.filter((line) => line.includes('"openssh-server"'))).toHaveLength(1);
    expect(lines.find((line) => line.includes('"openssh-server"'))).toContain('1:9.2p1-2');
  });

  test('of nothing is read back too', () => {
    const empty: PackageLock = { format: 1, images: {} };
    expect(parsePackageLock(formatPackageLock(empty), 'x')).toEqual(empty);
  });

  test.each([
    ['is no JSON', '{'],
    ['has another format', '{"format":2,"images":{}}'],
    ['has a field that nobody knows', formatPackageLock(LOCK).replace('"suite"', '"sweet"')],
    ['has a digest that is none', formatPackageLock(LOCK).replace(/"sha256":"../, '"sha256":"zz')],
    ['has a path out of the archive', formatPackageLock(LOCK).replace('pool/main/b', 'pool/../../b')],
    ['has a package name that is an option', formatPackageLock(LOCK).replace('"bash"', '"--bash"')],
    ['has an image without packages', '{"format":1,"images":{"minimal":{"packages":[]}}}'],
  ])('that %s is refused, with its path', (_, text) => {
    expect(() => parsePackageLock(text, '/p/dewar.lock')).toThrow(
      expect.objectContaining({
        code: 'BAD_LOCK',
        message: expect.stringContaining('/p/dewar.lock') as string,
      }),
    );
  });
});

describe('the changes between two locks', () => {
  test('are what is new, gone or of another version, by name', () => {
    const before = sampleLock([samplePackage('a'), samplePackage('b', '1'), samplePackage('c')]);
    const after = sampleLock([samplePackage('a'), samplePackage('b', '2'), samplePackage('d')]);
    expect(lockChanges(before, after)).toEqual([
      { name: 'b', from: '1', to: '2' },
      { name: 'c', from: '1.0-1', to: null },
      { name: 'd', from: null, to: '1.0-1' },
    ]);
  });

  test('see other bytes of the same version', () => {
    const rebuilt = { ...samplePackage('a'), sha256: 'f'.repeat(64) };
    expect(lockChanges(sampleLock([samplePackage('a')]), sampleLock([rebuilt]))).toEqual([
      { name: 'a', from: '1.0-1', to: '1.0-1' },
    ]);
  });

  test('are none between equal ones, and all against none', () => {
    expect(lockChanges(sampleLock(), sampleLock())).toEqual([]);
    expect(lockChanges(undefined, sampleLock()).map(({ from }) => from)).toEqual([null, null]);
  });
});
