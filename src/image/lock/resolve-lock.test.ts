import { describe, expect, test } from 'vitest';
import { findProfile } from '../profiles.ts';
import { sampleLock } from '../sample-lock.fixture.ts';
import { isAnswered, requestOf } from './resolve-lock.ts';

const MINIMAL = findProfile('minimal');

describe('what is asked of the archives', () => {
  test('is the profile, without a lock and a wish', () => {
    expect(requestOf(MINIMAL, undefined, {})).toMatchObject({
      suite: MINIMAL.suite,
      extra: [],
      requested: MINIMAL.packages,
    });
  });

  test('keeps what the lock says, unless the user says something else', () => {
    const lock = { ...sampleLock(), suite: 'trixie', extra: ['jq'] };
    const kept = requestOf(MINIMAL, lock, {});
    expect(kept).toMatchObject({ suite: 'trixie', extra: ['jq'] });
    expect(kept.requested).toContain('jq');
    const other = requestOf(MINIMAL, lock, { suite: 'sid', extra: ['zip', 'git', 'zip'] });
    expect(other).toMatchObject({ suite: 'sid', extra: ['git', 'zip'] });
    expect(other.requested).not.toContain('jq');
    expect(other.requested).toEqual([...other.requested].toSorted());
  });

  test('is answered by a lock that was made of it, and by no other', () => {
    const request = requestOf(MINIMAL, undefined, { extra: ['jq'] });
    const lock = { ...sampleLock(), ...request };
    expect(isAnswered(request, lock)).toBe(true);
    expect(isAnswered(requestOf(MINIMAL, lock, {}), lock)).toBe(true);
    expect(isAnswered(requestOf(MINIMAL, lock, { suite: 'sid' }), lock)).toBe(false);
    expect(isAnswered(requestOf(MINIMAL, lock, { extra: ['jq', 'git'] }), lock)).toBe(false);
    expect(isAnswered(requestOf(findProfile('systemd'), lock, {}), lock)).toBe(false);
  });
});

test('a profile that is not there is named, with those that are', () => {
  expect(() => findProfile('mini')).toThrow(
    expect.objectContaining({
      code: 'NO_SUCH_PROFILE',
      message: 'there is no image profile "mini"',
      mend: expect.stringContaining('minimal') as string,
    }),
  );
});
