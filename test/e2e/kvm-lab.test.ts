import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCommand } from '../../src/platform/run-command.ts';
import { cannotBuild, SYSTEM_PATH } from '../support/guest-image.ts';
import { loadScript, ROOT, scriptUrl } from './load-script.ts';

let temp: string;

beforeEach(async () => {
  temp = await realpath(await mkdtemp(join(tmpdir(), 'dewar-lab-test-')));
});

afterEach(async () => {
  await rm(temp, { recursive: true });
});

test('the suite kvm is one skipped test where QEMU is missing, and says so', async () => {
  const { stdout } = await runScript(
    'console.log(JSON.stringify(await (await import(process.argv[1])).runKvmSuite()))',
    [scriptUrl('kvm-lab/run-kvm-suite.mjs')],
    { PATH: temp },
  );
  const [why, counts] = stdout.toString().split('\n');
  expect(why).toMatch(/not here: without .*qemu-system-x86/);
  expect(JSON.parse(counts ?? '')).toEqual({ passed: 0, failed: 0, skipped: 1 });
});

test('a lab removes what one that was killed has left, and nothing else', async () => {
  const ended = await runScript('console.log(process.pid)', [], {});
  const gone = `dewar-kvm-lab-${ended.stdout.toString().trim()}-abc`;
  const used = `dewar-kvm-lab-${process.pid}-abc`;
  for (const name of [gone, used, 'dewar-kvm-lab-other']) await mkdir(join(temp, name));
  await writeFile(join(temp, gone, 'disk'), '');
  const { stdout } = await runScript(
    'console.log((await import(process.argv[1])).ownDirectory())',
    [scriptUrl('kvm-lab/own-directory.mjs')],
    { TMPDIR: temp },
  );
  const own = stdout
    .toString()
    .trim()
    .slice(temp.length + 1);
  expect(await readdir(temp)).toEqual([used, 'dewar-kvm-lab-other', own].toSorted());
});

test('the packages that run a test are there with all that they need, and no others', async () => {
  const { packageClosure } = await loadScript<{ packageClosure: (names: string[]) => string[] }>(
    'kvm-lab/package-closure.mjs',
  );
  const paths = packageClosure(['vitest', 'fs-native-extensions']);
  expect(paths).toEqual(expect.arrayContaining(['node_modules/vitest', 'node_modules/@vitest/expect']));
  expect(paths).not.toContain('node_modules/typescript');
  expect(new Set(paths).size).toBe(paths.length);
});

test.skipIf(cannotBuild !== undefined)(
  `the disk of the lab has the files under their names (skipped ${cannotBuild ?? 'never'})`,
  async () => {
    const { makeDisk } = await loadScript<{
      makeDisk: (path: string, label: string, files: unknown[]) => Promise<void>;
    }>('kvm-lab/make-disk.mjs');
    const disk = join(temp, 'disk, of the lab');
    const from = join(temp, 'with space');
    await mkdir(join(from, 'sub'), { recursive: true });
    await writeFile(join(from, 'sub', 'file'), 'content');
    await makeDisk(disk, 'lab', [{ from, paths: ['sub/file'], to: 'here' }]);
    const shown = await runCommand('debugfs', ['-R', 'cat /here/sub/file', disk], {
      env: { ...SYSTEM_PATH },
    });
    expect(shown.stdout.toString()).toBe('content');
    expect((await readdir(temp)).toSorted()).toEqual(['disk, of the lab', 'with space']);
  },
);

function runScript(
  code: string,
  args: readonly string[],
  env: Record<string, string>,
): ReturnType<typeof runCommand> {
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  return runCommand(process.execPath, ['--input-type=module', '-e', code, ...args], {
    cwd: ROOT,
    env: { ...inherited, ...env },
  });
}
