import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DewarEvent } from '../../src/core/events.ts';
import { checkBundle } from '../../src/snapshot/check-bundle.ts';
import type { ChosenBundle } from '../../src/snapshot/consumption.ts';
import { findSnapshot, findSnapshots } from '../../src/snapshot/find-snapshots.ts';
import { listSnapshots } from '../../src/snapshot/list-snapshots.ts';
import { quarantine } from '../../src/snapshot/quarantine.ts';
import type { Finding } from '../../src/snapshot/quarantine.ts';
import { removeSnapshots } from '../../src/snapshot/remove-snapshots.ts';
import { scanStore } from '../../src/snapshot/store-scan.ts';
import type { BundlePlace } from '../../src/snapshot/store-scan.ts';
import type { QuarantineOutcome } from '../../src/snapshot/verify-report.ts';
import { localDriver } from '../../src/vmm/local/local-driver.ts';
import type { VmmDriver } from '../../src/vmm/driver.ts';
import { BASE, FINGERPRINT, sealBundle } from '../support/bundle.ts';
import { GIT_TEST_ENV, temporaryDirectory } from '../support/git-repository.ts';
import { holdLockElsewhere } from '../support/lock-holder.ts';
import { canMount, mountReadOnly } from '../support/mounted.ts';

const TARGET = '7'.repeat(40);

async function chosen(place: BundlePlace): Promise<ChosenBundle> {
  const state = await checkBundle(place, 'digests');
  if (!state.complete) throw new Error(state.why);
  return { place, manifest: state.manifest };
}

function finding(bundle: ChosenBundle): Finding {
  return {
    chosen: bundle,
    summary: 'wrong for a test',
    foundBy: 'verify',
    target: TARGET,
    tiers: [],
    baseHashes: { agrees: true, sha256: '', cold_sha256: '' },
    toolVersion: 'test',
  };
}

interface Setting {
  store: string;
  events: DewarEvent[];
  driver: VmmDriver;
  run: (bundle: ChosenBundle, signal?: AbortSignal) => Promise<QuarantineOutcome>;
}

/** The store is beside the cache of a driver that has no machines. */
function setting(directory: string): Setting {
  const events: DewarEvent[] = [];
  const servers = { serverAlive: () => Promise.resolve(false), stopServer: () => Promise.resolve() };
  const driver = localDriver({
    servers,
    env: { ...GIT_TEST_ENV, DEWAR_CACHE_DIR: join(directory, 'cache') },
  });
  const store = join(directory, 'store');
  const emit = (event: DewarEvent): void => void events.push(event);
  return {
    store,
    events,
    driver,
    run: (bundle, signal) => quarantine(store, finding(bundle), driver, { emit, signal }),
  };
}

describe('a quarantined bundle', () => {
  test('is there with its report, and is no bundle any more', async () => {
    await using directory = await temporaryDirectory();
    const { store, run } = setting(directory.path);
    const place = await sealBundle(store);
    const outcome = await run(await chosen(place));
    const scan = await scanStore(store);
    expect(scan).toMatchObject({ bundles: [], temporary: [], foreign: [] });
    expect(scan.quarantined).toMatchObject([
      { fingerprint: FINGERPRINT, base: BASE, directory: outcome.directory },
    ]);
    const report: unknown = JSON.parse(
      await readFile(join(outcome.directory ?? '', 'quarantine.json'), 'utf8'),
    );
    expect(report).toMatchObject({
      summary: 'wrong for a test',
      found_by: 'verify',
      base_sha: BASE,
      target_sha: TARGET,
      fingerprint: FINGERPRINT,
      driver: 'local',
      recorded: { at: '2026-01-02T03:04:05.678Z', tool_version: '0.1.0' },
    });
    expect(await readFile(join(outcome.directory ?? '', 'base_hashes.json'), 'utf8')).toBe('{"//:a":"1~2"}');
  });

  test('stays beside a fresh one of the same commit, and both can be named and removed', async () => {
    await using directory = await temporaryDirectory();
    const { store, run, driver } = setting(directory.path);
    await run(await chosen(await sealBundle(store)));
    const fresh = await sealBundle(store, {}, '{}');
    const { bundles, quarantined } = await listSnapshots(store, 'everything');
    expect(bundles).toMatchObject([{ place: fresh, state: { complete: true } }]);
    expect(quarantined).toMatchObject([{ report: { summary: 'wrong for a test' } }]);
    const [old] = quarantined;
    if (old === undefined) throw new Error('none');
    // The shorter id is that of the snapshot in use.
    expect(await findSnapshots(store, BASE.slice(0, 8))).toEqual([fresh]);
    const id = `${FINGERPRINT.slice(0, 12)}/${BASE.slice(0, 12)}/${old.place.mark.slice(0, 6)}`;
    expect(await findSnapshot(store, id)).toEqual(old.place);
    await removeSnapshots(store, [old.place], [driver], { emit: () => undefined });
    expect(await scanStore(store)).toMatchObject({ bundles: [fresh], quarantined: [], temporary: [] });
  });

  test('is found by a short id where nothing else has it; two are ambiguous and can be told apart', async () => {
    await using directory = await temporaryDirectory();
    const { store, run } = setting(directory.path);
    await run(await chosen(await sealBundle(store)));
    const [first] = (await scanStore(store)).quarantined;
    expect(await findSnapshot(store, BASE.slice(0, 8))).toEqual(first);
    await run(await chosen(await sealBundle(store, {}, '{}')));
    await expect(findSnapshot(store, BASE.slice(0, 8))).rejects.toMatchObject({
      code: 'AMBIGUOUS_SNAPSHOT',
      mend: expect.stringContaining(`/${first?.mark}`),
    });
    for (const place of (await scanStore(store)).quarantined)
      expect(
        await findSnapshot(store, `${FINGERPRINT.slice(0, 6)}/${BASE.slice(0, 6)}/${place.mark}`),
      ).toEqual(place);
  });
});

describe('what happens meanwhile', () => {
  test('two at once: one quarantines, the other finds nothing to do', async () => {
    await using directory = await temporaryDirectory();
    const { store, run } = setting(directory.path);
    const bundle = await chosen(await sealBundle(store));
    const outcomes = await Promise.all([run(bundle), run(bundle)]);
    expect(outcomes.filter(({ directory: where }) => where !== null)).toHaveLength(1);
    expect(outcomes.filter(({ why }) => why !== undefined)).toHaveLength(1);
    expect((await scanStore(store)).quarantined).toHaveLength(1);
  });

  test('a bundle that was recorded anew is left alone', async () => {
    await using directory = await temporaryDirectory();
    const { store, run } = setting(directory.path);
    const old = await chosen(await sealBundle(store));
    const fresh = await sealBundle(store, { created_at: '2026-01-03T00:00:00.000Z' });
    expect(await run(old)).toEqual({ directory: null, why: expect.stringContaining('anew') });
    expect(await scanStore(store)).toMatchObject({ bundles: [fresh], quarantined: [] });
  });

  test('a record that is at work is waited for, and an interruption ends the wait', async () => {
    await using directory = await temporaryDirectory();
    const { store, run, events } = setting(directory.path);
    const bundle = await chosen(await sealBundle(store));
    const holder = await holdLockElsewhere(join(store, '.locks', `${FINGERPRINT}-${BASE}.lock`));
    try {
      const controller = new AbortController();
      const running = run(bundle, controller.signal);
      await expect
        .poll(() => events.some((event) => 'message' in event && /waiting/.test(event.message)))
        .toBe(true);
      controller.abort(new Error('stop'));
      await expect(running).rejects.toMatchObject({ code: 'INTERRUPTED' });
      expect(await scanStore(store)).toMatchObject({ bundles: [bundle.place], quarantined: [] });
    } finally {
      await holder.kill();
    }
  });

  test('one that died before its report leaves a bundle that nobody uses', async () => {
    await using directory = await temporaryDirectory();
    const { store } = setting(directory.path);
    const place = await sealBundle(store);
    // All that its first step does.
    await rename(place.directory, join(store, FINGERPRINT, `.quarantined-${BASE}-0123456789ab`));
    expect(await listSnapshots(store)).toMatchObject({
      bundles: [],
      unfinished: [],
      quarantined: [{ place: { base: BASE, mark: '0123456789ab' }, report: undefined }],
    });
    // A later record sweeps what dead writers left, and keeps the evidence.
    await sealBundle(store);
    expect((await scanStore(store)).quarantined).toHaveLength(1);
  });

  test('a report that is no report is passed over', async () => {
    await using directory = await temporaryDirectory();
    const { store } = setting(directory.path);
    const aside = join(store, FINGERPRINT, `.quarantined-${BASE}-0123456789ab`);
    await mkdir(aside, { recursive: true });
    for (const text of ['', '[]', '{"summary":1}', '\0']) {
      await writeFile(join(aside, 'quarantine.json'), text);
      expect((await listSnapshots(store)).quarantined).toMatchObject([{ report: undefined }]);
    }
  });
});

describe('a store that cannot be written', () => {
  test.runIf(canMount)('is warned of, by a code (mounting needs root)', async () => {
    await using directory = await temporaryDirectory();
    const { store, run, events } = setting(directory.path);
    const bundle = await chosen(await sealBundle(store));
    await using mount = await mountReadOnly(store);
    expect(mount.path).toBe(store);
    expect(await run(bundle)).toEqual({ directory: null, why: expect.stringContaining('cannot be written') });
    expect(events).toContainEqual(expect.objectContaining({ type: 'warning', code: 'QUARANTINE_FAILED' }));
    expect(await readdir(join(store, FINGERPRINT))).toEqual([BASE]);
  });
});
