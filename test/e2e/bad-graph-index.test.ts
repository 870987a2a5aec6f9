import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatManifest, parseManifest } from '../../src/snapshot/manifest.ts';
import { testRepository } from '../support/git-repository.ts';
import type { TestRepository } from '../support/git-repository.ts';
import { snapshotSandbox, WORKSPACE } from '../support/snapshot-sandbox.ts';
import type { SnapshotSandbox } from '../support/snapshot-sandbox.ts';

let repository: TestRepository;
let sandbox: SnapshotSandbox;
let target = '';
/** Directories of the bundles of the target's base and of the commit before it. */
let bundle = '';
let older = '';
let good: Buffer;

const IMPACT = ['//a:g', '//a:g.out', '//a:in.txt', '//b:all'];

beforeAll(async () => {
  repository = await testRepository();
  sandbox = await snapshotSandbox(repository);
  const record = async (commit: string): Promise<string> => {
    const recorded = await sandbox.record(commit, '--json');
    if (recorded.exitCode !== 0) throw new Error(recorded.stderr);
    return (JSON.parse(recorded.stdout) as { bundle: string }).bundle;
  };
  older = await record(await repository.commit({ ...WORKSPACE, 'a/in.txt': '0\n' }));
  bundle = await record(await repository.commit({ 'a/in.txt': '1\n' }));
  target = await repository.commit({ 'a/in.txt': '2\n' });
  good = await readFile(join(bundle, 'graph.idx'));
});

afterAll(async () => {
  await sandbox[Symbol.asyncDispose]();
  await repository[Symbol.asyncDispose]();
});

test('a good index answers without a machine', async () => {
  const { report, impacted } = await sandbox.consume(target, '--tier', 'graph');
  expect(report).toMatchObject({ tier: 'graph', phases_ms: { index: expect.any(Number) as number } });
  expect(impacted?.toSorted()).toEqual(IMPACT);
});

describe('an index that is not what it should be, with a manifest that says it is', () => {
  test.each<[string, RegExp, () => Promise<Buffer> | Buffer]>([
    [
      'of another base',
      /it is of the commit [0-9a-f]{40} and not of [0-9a-f]{40}/,
      () => readFile(join(older, 'graph.idx')),
    ],
    [
      'of an older version',
      /it has version 1, and this dewar reads version 2/,
      () => changed((bytes) => bytes.writeUInt32LE(1, 8)),
    ],
    [
      'of a newer version',
      /it has version 77, and this dewar reads version 2/,
      () => changed((bytes) => bytes.writeUInt32LE(77, 8)),
    ],
    ['cut off', /it has \d+ bytes instead of \d+/, () => good.subarray(0, good.length - 100)],
    ['empty', /it is another kind of file/, () => Buffer.alloc(0)],
    [
      'with a flipped bit in its head',
      /its head is not as it was written/,
      () => changed((bytes) => bytes.writeUInt8(bytes.readUInt8(40) ^ 1, 40)),
    ],
    [
      'with a flipped bit in its body',
      /the bytes from \d+ on are not as they were written/,
      () => changed((bytes) => bytes.writeUInt8(bytes.readUInt8(firstOf('labels')) ^ 1, firstOf('labels'))),
    ],
  ])('%s: refused by name, and the next tier answers', async (_, why, make) => {
    await replaceIndex(await make());
    try {
      const { exitCode, report, impacted, stderr } = await sandbox.consume(target, '--tier', 'graph');
      expect(stderr).toMatch(
        new RegExp(`warning GRAPH_NOT_USED: .*graph.idx cannot be used as a graph index: ${why.source}`),
      );
      expect({ exitCode, tier: report.tier }).toEqual({ exitCode: 0, tier: 'thawed' });
      expect(impacted?.toSorted()).toEqual(IMPACT);
    } finally {
      await replaceIndex(good);
    }
  });
});

test('one that does not match the manifest either makes the whole bundle a damaged one', async () => {
  const path = join(bundle, 'graph.idx');
  await writeFile(
    path,
    changed((bytes) => bytes.writeUInt8(bytes.readUInt8(40) ^ 1, 40)),
  );
  const { report, impacted, stderr } = await sandbox.consume(target, '--tier', 'graph');
  await writeFile(path, good);
  expect(stderr).toContain('its head is not as it was written');
  expect(stderr).toContain('warning SNAPSHOT_DAMAGED: ');
  // From the bundle of the commit before, whose index is good.
  expect(report.tier).toBe('graph');
  expect(impacted?.toSorted()).toEqual(IMPACT);
});

function changed(change: (bytes: Buffer) => unknown): Buffer {
  const bytes = Buffer.from(good);
  change(bytes);
  return bytes;
}

/** Where a section of the good index begins, by the description of the format. */
function firstOf(section: string): number {
  const json = good.toString('utf8', 24, 24 + good.readUInt32LE(16));
  const { sections } = JSON.parse(json) as { sections: Record<string, [number, number]> };
  return good.readUInt32LE(12) + (sections[section]?.[0] ?? Number.NaN);
}

/** Puts other bytes in the place of the index, and has the manifest agree. */
async function replaceIndex(bytes: Buffer): Promise<void> {
  const path = join(bundle, 'manifest.json');
  const parsed = parseManifest(await readFile(path, 'utf8'));
  if (!('manifest' in parsed)) throw new Error(parsed.why);
  const { manifest } = parsed;
  const digest = createHash('sha256').update(bytes).digest('hex');
  const files = { ...manifest.files, 'graph.idx': { sha256: digest, size: bytes.length } };
  await writeFile(join(bundle, 'graph.idx'), bytes);
  await writeFile(path, formatManifest({ ...manifest, files }));
}
