import { execa } from 'execa';
import fc from 'fast-check';
import { existsSync } from 'node:fs';
import {
  chmod,
  link,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CachePlace } from '../../src/cache/locate-cache.ts';
import { warmCaches } from '../../src/cache/warm-caches.ts';
import type { WarmIo, WarmRequest, WarmResult } from '../../src/cache/warm-caches.ts';
import type { Transport } from '../../src/platform/ssh.ts';
import { describeTree } from '../support/describe-tree.ts';
import { localTransport, noLocalRoot } from '../support/local-transport.ts';

const SEED = Number(process.env['DEWAR_CACHE_SEED'] ?? Date.now() % 1_000_000);
const RUNS = Number(process.env['DEWAR_CACHE_RUNS'] ?? 25);

let scratch = '';
let host = '';
let guest = '';
let cache: CachePlace;
let ssh: Transport;

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'dewar-test-'));
  host = join(scratch, "the host's");
  guest = join(scratch, 'home', 'a "guest" $x', 'cache');
  await mkdir(host);
  ssh = await localTransport(scratch);
  cache = { name: 'cache', host, variable: undefined, guest, exclude: ['*.lock'], unpacked: [] };
});

afterEach(async () => {
  await execa('chmod', ['-R', 'u+rwx', scratch]);
  await rm(scratch, { recursive: true });
});

async function warm(request: Partial<WarmRequest> = {}, io: Partial<WarmIo> = {}): Promise<WarmResult> {
  const [result] = await warmCaches(
    { plugin: 'tool', caches: [cache], force: false, dryRun: false, ...request },
    {
      ssh,
      user: { name: 'root', uid: 1234, gid: 2345 },
      lock: join(scratch, 'lock'),
      emit: () => undefined,
      signal: undefined,
      ...io,
    },
  );
  if (result === undefined) throw new Error('no result');
  return result;
}

const sentinel = (): string => join(scratch, 'var-lib/dewar/caches/tool.cache.json');
const besides = async (): Promise<string[]> =>
  (await readdir(dirname(guest)).catch(() => [] as string[])).filter((name) => name !== 'cache');

async function stopOnceUnpacking(stop: AbortController): Promise<void> {
  while ((await besides()).length === 0) await sleep(5);
  stop.abort();
}

function withoutOwn(lines: readonly string[] | undefined): string[] {
  return lines?.filter((line) => !line.startsWith('"own"')) ?? [];
}

/** A name of 1 to 255 bytes, without what is special to everybody. */
const name = fc
  .oneof(
    fc.uint8Array({ minLength: 1, maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom('-', '--', '-rf', '~', '*', ' ', 'a b', '\n', 'ü', '世界', '"', "'", '\\', '$(id)', '.x'),
    fc.integer({ min: 90, max: 255 }).map((length) => 'n'.repeat(length)),
  )
  .map((value) => Buffer.from(Buffer.from(value).map((byte) => (byte === 0 || byte === 0x2f ? 0x61 : byte))))
  .filter(
    (bytes) => !['.', '..'].includes(bytes.toString('latin1')) && !bytes.toString('latin1').endsWith('.lock'),
  );

type Node =
  | { kind: 'file'; name: Buffer; size: number; mode: number; age: number }
  | { kind: 'sparse' | 'hardlink' | 'link'; name: Buffer }
  | { kind: 'directory'; name: Buffer; mode: number; nodes: Node[] };

const { tree } = fc.letrec<{ tree: Node[]; node: Node }>((tie) => ({
  tree: fc.array(tie('node'), { maxLength: 8 }),
  node: fc.oneof(
    { maxDepth: 5 },
    fc.record({
      kind: fc.constant('file' as const),
      name,
      size: fc.oneof(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 0, max: 70_000 })),
      mode: fc.constantFrom(0o644, 0o755, 0o600, 0o444, 0o000, 0o4755, 0o2777),
      age: fc.integer({ min: 0, max: 1_900_000_000 }),
    }),
    fc.record({ kind: fc.constantFrom('sparse' as const, 'hardlink' as const, 'link' as const), name }),
    fc.record({
      kind: fc.constant('directory' as const),
      name,
      mode: fc.constantFrom(0o755, 0o700, 0o555, 0o500, 0o1777),
      nodes: tie('tree'),
    }),
  ),
}));

async function plant(at: Buffer, nodes: readonly Node[], files: Buffer[]): Promise<void> {
  for (const node of nodes) {
    const path = Buffer.concat([at, Buffer.from('/'), node.name]);
    // Two nodes may have one name; a path may be too long.
    const done = await plantOne(path, node, files).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST' || error.code === 'ENAMETOOLONG') return false;
        throw error;
      },
    );
    if (!done || node.kind !== 'directory') continue;
    await plant(path, node.nodes, files);
    await chmod(path, node.mode);
  }
}

type Leaf = Exclude<Node, { kind: 'directory' }>;

async function plantOne(path: Buffer, node: Node, files: Buffer[]): Promise<void> {
  if (node.kind === 'directory') return mkdir(path);
  if (node.kind === 'link') return symlink(Buffer.from('some where'), path);
  if (node.kind === 'hardlink') {
    const target = files.at(-1);
    return target === undefined ? writeFile(path, 'x', { flag: 'wx' }) : link(target, path);
  }
  await plantFile(path, node, files);
}

async function plantFile(path: Buffer, node: Leaf, files: Buffer[]): Promise<void> {
  await using file = await open(path, 'wx');
  files.push(path);
  if (node.kind !== 'file') {
    await file.write('end', 4 << 20);
    return;
  }
  await file.write(Buffer.alloc(node.size, node.name));
  await file.chmod(node.mode);
  await file.utimes(node.age, node.age);
}

describe.skipIf(noLocalRoot !== undefined)(`a cache in a guest (skipped ${noLocalRoot ?? 'never'})`, () => {
  test(
    `has the tree of the host's, seed ${SEED}`,
    async () => {
      await fc.assert(
        fc.asyncProperty(tree, async (nodes) => {
          await execa('chmod', ['-R', 'u+rwx', scratch]);
          for (const path of [host, dirname(guest), join(scratch, 'var-lib/dewar')])
            await rm(path, { recursive: true, force: true });
          await mkdir(host);
          await plant(Buffer.from(host), nodes, []);
          const result = await warm();
          expect(result.left_out).toEqual({
            excluded: 0,
            secrets: 0,
            links: 0,
            special: 0,
            unreadable: 0,
            changed: 0,
          });
          expect(await describeTree(guest)).toEqual(await describeTree(host));
          expect(await besides()).toEqual([]);
          const owners = await execa('find', [guest, '-mindepth', '1', '-printf', '%U:%G\\n']);
          expect(new Set(owners.stdout.split('\n').filter((line) => line !== '1234:2345'))).toEqual(
            new Set(nodes.length === 0 ? [''] : []),
          );
        }),
        { seed: SEED, numRuns: RUNS },
      );
    },
    RUNS * 10_000,
  );

  test('10,000 entries of one directory, and names deeper than a path may be long at once', async () => {
    await mkdir(join(host, 'many'));
    await Promise.all(
      Array.from({ length: 10_000 }, (_, at) => writeFile(join(host, 'many', `entry ${at}`), `${at}`)),
    );
    const deep = join(host, ...Array.from({ length: 12 }, () => 'd'.repeat(250)));
    await mkdir(deep, { recursive: true });
    await writeFile(join(deep, 'f'), 'deep');
    const result = await warm();
    expect(result).toMatchObject({ outcome: 'streamed', files: 10_001, total_files: 10_001 });
    expect(await describeTree(guest)).toEqual(await describeTree(host));
  });

  test('comes once; by force only what is lacking, and what the guest has besides stays', async () => {
    for (const one of ['a', 'b', 'dir/c']) {
      await mkdir(dirname(join(host, one)), { recursive: true });
      await writeFile(join(host, one), one);
    }
    await mkdir(guest, { recursive: true });
    await writeFile(join(guest, 'own'), 'of the guest');
    await mkdir(join(guest, 'a'));
    expect(await warm({ dryRun: true })).toMatchObject({ outcome: 'planned', files: 3, bytes: 7 });
    expect(await readdir(guest)).toEqual(['a', 'own']);
    expect(await warm()).toMatchObject({ outcome: 'streamed', files: 3, bytes: 7, guest });
    expect(JSON.parse(await readFile(sentinel(), 'utf8'))).toMatchObject({
      source: host,
      target: guest,
      files: 3,
    });
    await writeFile(join(host, 'new'), '12');
    await writeFile(join(host, 'b'), 'another b');
    await utimes(join(host, 'a'), 1, 1);
    expect(await warm()).toMatchObject({ outcome: 'warm', files: 0, total_files: 3 });
    expect(existsSync(join(guest, 'new'))).toBe(false);
    expect(await warm({ force: true })).toMatchObject({ outcome: 'streamed', files: 3, total_files: 4 });
    await writeFile(join(host, 'own'), 'of the guest');
    const [own, kept] = await Promise.all([host, guest].map(describeTree));
    expect(withoutOwn(kept)).toEqual(withoutOwn(own));
    expect(await readFile(join(guest, 'own'), 'utf8')).toBe('of the guest');
    expect(await besides()).toEqual([]);
  });

  test('where this host has none there is nothing to do, until it has one', async () => {
    await rm(host, { recursive: true });
    expect(await warm()).toMatchObject({ outcome: 'absent', files: 0 });
    expect(existsSync(sentinel())).toBe(false);
    await mkdir(host);
    expect(await warm()).toMatchObject({ outcome: 'streamed', files: 0 });
    expect(await warm()).toMatchObject({ outcome: 'warm' });
  });

  test('files that change, vanish or grow while they are read are left out', async () => {
    for (const one of ['changes', 'vanishes', 'stays', 'shrinks'])
      await writeFile(join(host, one), one.repeat(10_000));
    const meddling: Transport = {
      ...ssh,
      run: async (command, options) => {
        if (options?.input !== undefined && command.join(' ').includes('--extract')) {
          await writeFile(join(host, 'changes'), 'anew');
          await writeFile(join(host, 'shrinks'), '');
          await rm(join(host, 'vanishes'));
        }
        return ssh.run(command, options);
      },
    };
    const result = await warm({}, { ssh: meddling });
    expect(result).toMatchObject({ outcome: 'streamed', left_out: { changed: 3 } });
    expect(await readdir(guest)).toEqual(['stays']);
    expect(await warm({ force: true })).toMatchObject({ files: 2 });
    expect((await readdir(guest)).toSorted()).toEqual(['changes', 'shrinks', 'stays']);
  });

  test('an interrupted run leaves what was there, and no sentinel', async () => {
    await writeFile(join(host, 'old'), 'x');
    await warm();
    const before = await describeTree(guest);
    await writeFile(join(host, 'large'), Buffer.alloc(64 << 20, 'x'));
    const stop = new AbortController();
    const stopping: Transport = {
      ...ssh,
      run: (command, options) => {
        if (command.join(' ').includes('--extract')) void stopOnceUnpacking(stop);
        return ssh.run(command, options);
      },
    };
    await expect(warm({ force: true }, { ssh: stopping, signal: stop.signal })).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
    expect(await describeTree(guest)).toEqual(before);
    expect([existsSync(sentinel()), await besides()]).toEqual([false, []]);
    expect(await warm()).toMatchObject({ outcome: 'streamed', files: 1 });
  });

  test('what a killed run has left goes', async () => {
    await mkdir(join(dirname(guest), '.cache.dewar-0123456789ab/x'), { recursive: true });
    await writeFile(join(host, 'a'), 'x');
    await warm();
    expect(await besides()).toEqual([]);
  });

  test('a guest that fails, or says what nobody can understand, is an error', async () => {
    await writeFile(join(host, 'a'), 'x');
    const saying = (exitCode: number, stderr: string): Transport => ({
      ...ssh,
      run: async (command, options) =>
        command.join(' ').includes('--extract')
          ? { exitCode, stdout: Buffer.alloc(0), stderr }
          : ssh.run(command, options),
    });
    await expect(
      warm({}, { ssh: saying(2, 'tar: x: Cannot write: No space left on device') }),
    ).rejects.toMatchObject({
      code: 'NO_SPACE_IN_GUEST',
    });
    await expect(warm({}, { ssh: saying(2, 'tar: broken') })).rejects.toMatchObject({
      code: 'CACHE_FAILED',
      message: expect.stringContaining('tar: broken'),
    });
    const babbling: Transport = {
      ...ssh,
      stream: (_, { onChunk }) => {
        onChunk(Buffer.from('nonsense\0'));
        return Promise.resolve({ exitCode: 0, stderr: '' });
      },
    };
    await expect(warm({}, { ssh: babbling })).rejects.toMatchObject({ code: 'CACHE_FAILED' });
    expect([existsSync(sentinel()), existsSync(guest), await besides()]).toEqual([false, false, []]);
  });

  test('where a file is in its place, or the guest is full, nothing is sent', async () => {
    await writeFile(join(host, 'a'), 'x');
    await mkdir(dirname(guest), { recursive: true });
    await writeFile(guest, 'a file');
    await expect(warm()).rejects.toMatchObject({ code: 'CACHE_PLACE' });
    await rm(guest);
    const full: Transport = {
      ...ssh,
      stream: (command, options) =>
        ssh.stream(
          ['sh', '-c', 'mount -t tmpfs -o size=1m none "$0" && exec "$@"', dirname(guest), ...command],
          options,
        ),
      run: () => {
        throw new Error('something was sent');
      },
    };
    await expect(warm({}, { ssh: full })).rejects.toMatchObject({ code: 'NO_SPACE_IN_GUEST' });
  });
});
