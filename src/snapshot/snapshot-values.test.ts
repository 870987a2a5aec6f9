import { describe, expect, test } from 'vitest';
import { FINGERPRINT, manifest, sha256 } from '../../test/support/bundle.ts';
import type { DewarEvent } from '../core/events.ts';
import { explainMismatch } from './explain-mismatch.ts';
import { formatManifest, parseManifest } from './manifest.ts';
import { passedEnvironment } from './passed-environment.ts';
import { Phases } from './phases.ts';

describe('a manifest', () => {
  test('is read back as it was written', () => {
    const files = { 'base_hashes.json': { sha256: sha256('x'), size: 1 } };
    const written = manifest(files, { workspace: 'a b/ü\n', flags: ['--useCquery'], env: ['HOME'] });
    expect(parseManifest(formatManifest(written))).toEqual({ manifest: written });
  });

  test('is refused with unknown files, fields and versions, though its digest be right', () => {
    const good = manifest({});
    const bad: [object, string][] = [
      [{ ...good, format: 2 }, 'format'],
      [{ ...good, extra: 1 }, 'Unrecognized key'],
      [{ ...good, files: { '../escape': { sha256: FINGERPRINT, size: 1 } } }, 'files'],
      [{ ...good, base_sha: 'HEAD' }, 'base_sha'],
      [{ ...good, created_at: 'yesterday' }, 'created_at'],
    ];
    for (const [body, word] of bad)
      expect(parseManifest(formatManifest(body as typeof good))).toEqual({
        why: expect.stringContaining(word),
      });
    for (const text of ['', '{', '[]', 'null', '{}', '"x"'])
      expect(parseManifest(text)).toHaveProperty('why');
  });

  test('is refused when only its spelling differs', () => {
    const text = formatManifest(manifest({}));
    expect(parseManifest(JSON.stringify(JSON.parse(text)))).toEqual({
      why: expect.stringContaining('digest'),
    });
    expect(parseManifest(`${text}\n`)).toHaveProperty('why');
  });
});

test('a mismatch names the components that differ', () => {
  const recorded = {
    digest: '1',
    components: [component('bazel-version', '7'), component('rc', 'a'), component('old', '')],
  };
  const now = {
    digest: '2',
    components: [component('bazel-version', '8'), component('rc', 'a'), component('new', '')],
  };
  expect(explainMismatch(recorded, now)).toBe('bazel-version changed (7 -> 8); new is new; old is gone');
  const same = { digest: '3', components: [{ name: 'rc', digest: 'x', summary: 'a' }] };
  expect(explainMismatch({ ...same, components: [component('rc', 'a')] }, same)).toBe('rc changed');
});

describe('the environment of the engine', () => {
  const env = { PATH: '/bin', BAZEL_SH: 'sh', BAZELISK: '1', SECRET: 's', LC_ALL: 'C' };

  test('holds what is named and nothing else', () => {
    expect(passedEnvironment(env, ['PATH', 'BAZEL_*', 'HOME'], ['LC_ALL', 'ABSENT'])).toEqual({
      PATH: '/bin',
      BAZEL_SH: 'sh',
      LC_ALL: 'C',
    });
  });

  test('takes names only from the user', () => {
    for (const name of ['A=b', '', 'SECRE*', '1A'])
      expect(() => passedEnvironment(env, [], [name])).toThrow(expect.objectContaining({ code: 'BAD_ENV' }));
  });
});

test('phases are told and timed, failed ones under another name', async () => {
  const events: DewarEvent[] = [];
  const phases = new Phases((event) => events.push(event));
  await phases.run('query', 'querying', () => Promise.resolve());
  await expect(phases.run('impact', 'comparing', () => Promise.reject(new Error('no')))).rejects.toThrow(
    'no',
  );
  phases.markFailed('warm', ['query', 'restore']);
  expect(Object.keys(phases.toJSON())).toEqual(['impact', 'warm-query']);
  expect(events.map((event) => event.type)).toEqual(['phase', 'phase-done', 'phase', 'phase-done']);
});

function component(name: string, value: string): { name: string; digest: string; summary: string } {
  return { name, digest: sha256(value), summary: value };
}
