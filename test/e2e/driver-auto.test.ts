import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RecordReport } from '../../src/snapshot/record.ts';
import type { PassedOver } from '../../src/vmm/choose-driver.ts';
import type { UpResult } from '../../src/workspace/up.ts';
import { bazel } from '../support/bazel.ts';
import { testRepository } from '../support/git-repository.ts';
import type { TestRepository } from '../support/git-repository.ts';
import { cannotBoot, guestImage } from '../support/guest-image.ts';
import { snapshotSandbox, WORKSPACE } from '../support/snapshot-sandbox.ts';
import type { SnapshotSandbox } from '../support/snapshot-sandbox.ts';
import { userOf } from '../support/user-of.ts';
import type { User } from '../support/user-of.ts';
import { workspaceSandbox } from '../support/workspace-sandbox.ts';
import type { WorkspaceSandbox } from '../support/workspace-sandbox.ts';

describe('record, consume and verify with --driver auto', () => {
  let repository: TestRepository;
  let sandbox: SnapshotSandbox;
  let base = '';
  let target = '';
  const auto = ['--driver', 'auto', '--bazel', bazel()];

  beforeAll(async () => {
    repository = await testRepository();
    sandbox = await snapshotSandbox(repository);
    base = await repository.commit(WORKSPACE);
    target = await repository.commit({ 'b/new.txt': 'x\n' });
  });
  afterAll(async () => {
    await sandbox[Symbol.asyncDispose]();
    await repository[Symbol.asyncDispose]();
  });

  test('record: without an image for machines, this host; what was passed over is said, with its mend', async () => {
    const { exitCode, stdout, stderr } = await sandbox.record(base, ...auto, '--json');
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    const report = JSON.parse(stdout) as RecordReport & { driver_passed_over: PassedOver[] };
    expect(report.driver).toBe('local');
    expect(report.driver_passed_over.map(({ driver }) => driver)).toEqual([
      'firecracker',
      'cloud-hypervisor',
      'qemu',
    ]);
    for (const { why, mend } of report.driver_passed_over)
      expect([why, mend]).toEqual([expect.stringMatching(/./), expect.stringMatching(/./)]);
    expect(stderr).toMatch(/driver local: it is the best that works here; not firecracker: .*; not qemu: /);
  });

  test('consume: the driver that recorded the snapshot', async () => {
    const { report, stderr } = await sandbox.consume(target, ...auto);
    expect(report).toMatchObject({ tier: 'thawed', driver: 'local', driver_passed_over: [] });
    expect(stderr).toContain('driver local: it recorded the nearest snapshot');
  });

  test('verify: the same, for the snapshot of the base', async () => {
    const args = ['verify', '--workspace', repository.path, '--store', sandbox.store, '--json', '-'];
    const { stdout, exitCode } = await sandbox.dewar([
      ...args,
      '--base-sha',
      base,
      '--target-sha',
      target,
      '--tiers',
      'graph',
      ...auto,
    ]);
    expect([exitCode, JSON.parse(stdout)]).toEqual([
      0,
      expect.objectContaining({ driver: 'local', driver_passed_over: [], agrees: true }),
    ]);
  });

  test('a machine that is asked for is none that this host stands in for', async () => {
    const { exitCode, stderr } = await sandbox.record(base, ...auto, '--vcpus', '1');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /^error DRIVER_UNAVAILABLE: no driver works here: .*; local: options of machines are given/m,
    );
  });
});

// One story, in order.
describe.skipIf(cannotBoot !== undefined)(
  `a workspace whose config says driver: 'auto' (skipped ${cannotBoot ?? 'never'})`,
  () => {
    const ORDER = ['cloud-hypervisor', 'qemu', 'firecracker'];
    let sandbox: WorkspaceSandbox;
    let workspace = '';
    let user: User;
    let first: UpResult;
    beforeAll(async () => {
      sandbox = await workspaceSandbox(await guestImage('systemd'));
      workspace = await sandbox.workspace('app', { driver: 'auto', mounts: [] });
      user = userOf(sandbox, workspace);
    });
    afterAll(async () => {
      await sandbox?.[Symbol.asyncDispose]();
    });

    test('the best that works, and why each better one is not', async () => {
      first = await user.json<UpResult>(['up']);
      const { driver, passed_over } = first;
      // One that emulates its guests comes after all others.
      const [before, others] = [
        ORDER.slice(0, ORDER.indexOf(driver)),
        ORDER.filter((name) => name !== driver),
      ];
      expect([before, others]).toContainEqual(passed_over.map((one) => one.driver));
      for (const { why, mend } of passed_over)
        expect([why, mend]).toEqual([expect.stringMatching(/./), expect.stringMatching(/./)]);
      expect(await readFile(join(workspace, '.dewar/root.driver'), 'utf8')).toBe(`${driver}\n`);
      expect(await user.inGuest('echo mine >~/marker; sync; echo $?')).toBe('0');
    });

    test('another driver is not taken for a disk, nor that of a machine that is up', async () => {
      const other = ORDER.find((name) => name !== first.driver) ?? '';
      expect(await user.json(['up', '--driver', other])).toMatchObject({
        how: 'running',
        driver: first.driver,
        outdated: true,
      });
      await user.does(['down']);
      expect(await user.refused(['up', '--driver', other])).toMatchObject({
        code: 'DISK_OF_ANOTHER_DRIVER',
        message: expect.stringContaining(`of the driver ${first.driver}`),
        mend: expect.stringContaining('dewar reset'),
      });
      expect(await sandbox.leftovers()).toEqual([]);
    });

    test('up again: the driver that the disk belongs to, whatever there is by then', async () => {
      const up = await user.dewar(['up']);
      expect([up.exitCode, up.stderr]).toEqual([
        0,
        expect.stringContaining(
          `driver ${first.driver}: ${join(workspace, '.dewar/root.qcow2')} has its format`,
        ),
      ]);
      expect(await user.inGuest('cat ~/marker')).toBe('mine');
      await user.does(['reset', '--force']);
      expect(await sandbox.leftovers()).toEqual([]);
    });
  },
);
