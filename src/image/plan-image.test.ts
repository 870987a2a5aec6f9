import { expect, test } from 'vitest';
import { readGuestFiles } from './guest-files.ts';
import type { GuestFiles } from './guest-files.ts';
import { planImage } from './plan-image.ts';
import { findProfile } from './profiles.ts';
import { sampleLock, samplePackage } from './sample-lock.fixture.ts';

const MINIMAL = findProfile('minimal');

function guest(): Promise<GuestFiles> {
  return readGuestFiles(MINIMAL.layers);
}

test('the same inputs have the same name', async () => {
  const plan = planImage(MINIMAL, sampleLock(), await guest());
  expect(plan.id).toMatch(/^[0-9a-f]{64}$/);
  expect(planImage(MINIMAL, sampleLock(), await guest()).id).toBe(plan.id);
  expect(plan.uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('whatever decides a byte of the image is part of its name', async () => {
  const files = await guest();
  const [first] = files.files;
  if (first === undefined) throw new Error('no guest files');
  const changed = { ...first, sha256: '0'.repeat(64) };
  const ids = [
    planImage(MINIMAL, sampleLock(), files),
    planImage(findProfile('systemd'), sampleLock(), files),
    planImage(MINIMAL, { ...sampleLock(), suite: 'sid' }, files),
    planImage(MINIMAL, { ...sampleLock(), kernel: [samplePackage('linux-image-2')] }, files),
    planImage(MINIMAL, sampleLock([samplePackage('base-files', '2')]), files),
    planImage(MINIMAL, sampleLock(), { ...files, files: [changed, ...files.files.slice(1)] }),
    planImage(MINIMAL, sampleLock(), {
      ...files,
      files: [{ ...first, mode: first.mode === 0o755 ? 0o644 : 0o755 }, ...files.files.slice(1)],
    }),
    planImage(MINIMAL, sampleLock(), { ...files, initrdInit: changed }),
    planImage(MINIMAL, sampleLock(), { ...files, configure: changed }),
    planImage({ ...MINIMAL, links: {} }, sampleLock(), files),
  ].map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

test('where a package was downloaded from does not matter', async () => {
  const elsewhere = { ...samplePackage('base-files'), path: 'pool/main/other.deb' };
  expect(planImage(MINIMAL, sampleLock([elsewhere]), await guest()).id).toBe(
    planImage(MINIMAL, sampleLock(), await guest()).id,
  );
});

test('scripts of the guest can be run, and its other files not', async () => {
  const modes = new Map((await guest()).files.map(({ path, mode }) => [path, mode]));
  expect(modes.get('usr/lib/dewar/start')).toBe(0o755);
  expect(modes.get('usr/lib/dewar/identity')).toBe(0o755);
  expect(modes.get('etc/inittab')).toBe(0o644);
});
