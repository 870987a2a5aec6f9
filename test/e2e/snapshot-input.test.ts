import { appendFile, chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporaryDirectory, testRepository } from '../support/git-repository.ts';
import type { TestRepository } from '../support/git-repository.ts';
import { cannotBoot } from '../support/guest-image.ts';
import { canMount, mountReadOnly, mountTmpfs } from '../support/mounted.ts';
import { snapshotSandbox, WORKSPACE } from '../support/snapshot-sandbox.ts';
import type { SnapshotSandbox } from '../support/snapshot-sandbox.ts';

/** The workspace is a sub-directory, with a name that quoting would spoil. */
const SUB = "tools & it's/ws";
const below = (files: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`${SUB}/${name}`, text]));

let repository: TestRepository;
let sandbox: SnapshotSandbox;
const commits: string[] = [];

beforeAll(async () => {
  repository = await testRepository('a repository\nwith a newline');
  sandbox = await snapshotSandbox(repository, SUB);
  commits.push(await repository.commit({ README: 'no workspace yet\n' }));
  commits.push(await repository.commit(below(WORKSPACE)));
  commits.push(await repository.commit({ ...below({ 'a/in.txt': '2\n' }), README: 'outside\n' }));
});

afterAll(async () => {
  await sandbox[Symbol.asyncDispose]();
  await repository[Symbol.asyncDispose]();
});

/** @returns the error of a record with the driver qemu */
async function refused(env: Record<string, string>): Promise<unknown> {
  const args = [...sandbox.recordArgs(commits[1]!), '--driver', 'qemu', '--json'];
  const { exitCode, stderr } = await sandbox.dewar(args, env);
  if (exitCode !== 1) throw new Error(`exit code ${exitCode}: ${stderr}`);
  return JSON.parse(stderr.trim().split('\n').at(-1) ?? '');
}

describe('typed errors, before any work', () => {
  const cases: [string, (base: string) => string[], string][] = [
    ['an unknown revision', () => ['--base-sha', 'no-such-branch'], 'UNKNOWN_REVISION'],
    [
      'a directory that is not there',
      () => ['--workspace', join(sandbox.directory, 'absent')],
      'NOT_A_GIT_REPOSITORY',
    ],
    ['no repository', () => ['--workspace', sandbox.directory], 'NOT_A_GIT_REPOSITORY'],
    ['a commit without the workspace', () => ['--base-sha', commits[0]!], 'NOT_A_WORKSPACE'],
    ['a directory that is no workspace', () => ['--workspace', repository.path], 'NOT_A_WORKSPACE'],
    ['no Bazel', () => ['--bazel', '/no/such/bazel'], 'NOT_FOUND'],
    ['a wrong flag', () => ['--flag=--output_base=/x'], 'BAD_FLAG'],
    ['a wrong variable', () => ['--env', 'A=B'], 'BAD_ENV'],
  ];
  test.each(cases)('%s', async (_name, more, code) => {
    const args = [...sandbox.recordArgs(commits[1]!)];
    const changes = more(commits[1]!);
    const at = args.indexOf(changes[0]!);
    if (at !== -1) args.splice(at, 2);
    const { exitCode, stderr } = await sandbox.dewar([...args, ...changes, '--json']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(code);
    expect(await sandbox.slots()).toEqual([]);
    expect(await sandbox.stored()).toEqual([]);
  });

  describe('of the driver qemu, each with its mend', () => {
    test('no QEMU', async () => {
      expect(await refused({ DEWAR_QEMU: '/no/such/qemu' })).toMatchObject({
        code: 'DRIVER_UNAVAILABLE',
        message: expect.stringContaining('/no/such/qemu') as string,
        mend: expect.stringContaining('apt-get install qemu-system-x86') as string,
      });
    });

    test('a QEMU that is too old (a stand-in that says so)', async () => {
      const path = join(sandbox.directory, 'old-qemu');
      await writeFile(path, '#!/bin/sh\necho "QEMU emulator version 6.2.0"\n', { mode: 0o755 });
      expect(await refused({ DEWAR_QEMU: path })).toMatchObject({
        code: 'DRIVER_UNAVAILABLE',
        message: expect.stringContaining('is QEMU 6.2.0; dewar needs 7.2 or later') as string,
        mend: expect.stringContaining('its backports 10.0') as string,
      });
    });

    test.skipIf(cannotBoot !== undefined)(`no image (skipped ${cannotBoot ?? 'never'})`, async () => {
      expect(await refused({})).toMatchObject({
        code: 'NO_SUCH_IMAGE',
        message: expect.stringContaining('"bazel"') as string,
        mend: 'build it: dewar image build bazel',
      });
    });
  });

  test('a store that is a file', async () => {
    await using directory = await temporaryDirectory();
    const file = join(directory.path, 'file');
    await writeFile(file, '');
    const record = (store: string): ReturnType<SnapshotSandbox['dewar']> => {
      const args = sandbox.recordArgs(commits[1]!);
      args[args.indexOf('--store') + 1] = store;
      return sandbox.dewar([...args, '--json']);
    };
    expect(await record(file)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('STORE_NOT_WRITABLE'),
    });
    expect(await sandbox.slots()).toEqual([]);
  });

  test.runIf(canMount)(
    'a full store (mounting a small tmpfs needs root): nothing half-written stays',
    async () => {
      await using directory = await temporaryDirectory();
      await using mount = await mountTmpfs(directory.path, 'size=8k');
      const args = sandbox.recordArgs(commits[1]!);
      args[args.indexOf('--store') + 1] = mount.path;
      const full = await sandbox.dewar([...args, '--json']);
      expect(full).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('STORE_FULL') });
      expect((await readdir(mount.path)).filter((name) => name !== '.locks')).toEqual([]);
      expect(await sandbox.slots()).toEqual([]);
      await expect.poll(() => sandbox.servers(), { timeout: 20_000 }).toEqual([]);
    },
  );
});

describe('a workspace in a sub-directory', () => {
  test('is recorded and consumed', async () => {
    const recorded = await sandbox.record(commits[1]!);
    expect(recorded).toMatchObject({ exitCode: 0 });
    const expected = ['//a:g', '//a:g.out', '//a:in.txt', '//b:all'];
    const { report, impacted } = await sandbox.consume(commits[2]!);
    expect(impacted?.toSorted()).toEqual(expected);
    expect(report).toMatchObject({ tier: 'thawed', reason: 'warm-server', base_sha: commits[1] });
  });

  test.runIf(canMount)('from a read-only store too (mounting needs root)', async () => {
    await using mount = await mountReadOnly(sandbox.store);
    const { report } = await sandbox.consume(commits[2]!);
    expect(report).toMatchObject({ tier: 'thawed', reason: 'warm-server' });
    const refused = await sandbox.record(commits[2]!, '--json');
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('STORE_NOT_WRITABLE') });
    expect((await stat(mount.path)).isDirectory()).toBe(true);
  });

  test('of another directory has other snapshots', async () => {
    await repository.git('checkout', '--quiet', '-b', 'two', commits[1]!);
    const both = await repository.commit(
      Object.fromEntries(Object.entries(WORKSPACE).map(([name, text]) => [`other/${name}`, text])),
    );
    const args = sandbox.consumeArgs(both);
    args[args.indexOf('--workspace') + 1] = join(repository.path, 'other');
    const { exitCode, stdout } = await sandbox.dewar([...args, '--fallback', 'exit', '--json', '-']);
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      reason: 'fingerprint-mismatch',
      detail: expect.stringContaining('workspace changed'),
    });
    await repository.git('checkout', '--quiet', 'main');
  });

  test('in a shallow clone: a miss when ancestry is unknown, cold with --base-sha', async () => {
    const clone = join(sandbox.directory, 'clone');
    await repository.git('clone', '--quiet', '--depth=1', `file://${repository.path}`, clone);
    const shallow = (more: string[]): string[] => {
      const args = [...sandbox.consumeArgs(commits[2]!), ...more, '--json', '-'];
      args[args.indexOf('--workspace') + 1] = join(clone, SUB);
      return args;
    };
    const missed = await sandbox.dewar(shallow(['--fallback', 'exit']));
    expect(missed.exitCode).toBe(2);
    expect(JSON.parse(missed.stdout)).toMatchObject({
      tier: null,
      reason: 'ancestry-unknown',
      impacted: null,
    });
    const noBase = await sandbox.dewar(shallow([]));
    expect(noBase).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('--unshallow') });
    const unknown = await sandbox.dewar(shallow(['--base-sha', commits[1]!]));
    expect(unknown).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('git fetch') });
  });

  test('without a store compares with the first parent, or the base that it is told', async () => {
    const args = sandbox.consumeArgs(commits[2]!);
    args[args.indexOf('--store') + 1] = join(sandbox.directory, 'absent');
    const { exitCode, stdout, stderr } = await sandbox.dewar([...args, '--json', '-']);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      tier: 'cold',
      reason: 'no-snapshot',
      base_sha: commits[1],
      impacted: 4,
    });
    expect(stderr).toContain('first parent');
    const file = join(sandbox.directory, 'file');
    await writeFile(file, '');
    args[args.indexOf('--store') + 1] = file;
    const refused = await sandbox.dewar([...args, '--fallback', 'exit', '--json', '-']);
    expect(JSON.parse(refused.stdout)).toMatchObject({ tier: null, reason: 'store-unreadable' });
    const first = sandbox.consumeArgs(commits[1]!);
    first[first.indexOf('--store') + 1] = file;
    const noWorkspace = await sandbox.dewar(first);
    expect(noWorkspace).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('NOT_A_WORKSPACE'),
    });
  });
});

test('read-only directories of an output base, and links out of it, are no obstacle', async () => {
  const outside = join(sandbox.directory, 'outside');
  await mkdir(outside);
  await writeFile(join(outside, 'precious'), 'kept');
  const [workspace] = await readdir(join(sandbox.cache, 'local'));
  const [slot] = await sandbox.slots();
  const server = join(sandbox.cache, 'local', workspace!, slot!, 'server/output_base');
  await mkdir(join(server, 'external/read-only/inner'), { recursive: true });
  await appendFile(join(server, 'external/read-only/inner/file'), '');
  await chmod(join(server, 'external/read-only/inner'), 0o555);
  await symlink(outside, join(server, 'external/link'));
  await rm(sandbox.store, { recursive: true });
  // The next run finds a slot whose snapshot is gone.
  const swept = await sandbox.consume(commits[2]!, '--fallback', 'exit');
  expect(swept).toMatchObject({ exitCode: 2, report: { reason: 'no-snapshot' } });
  expect(await sandbox.slots()).toEqual([]);
  await expect.poll(() => sandbox.servers(), { timeout: 20_000 }).toEqual([]);
  expect(await readFile(join(outside, 'precious'), 'utf8')).toBe('kept');
});
