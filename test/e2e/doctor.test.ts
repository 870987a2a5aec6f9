import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommand } from '../../src/platform/run-command.ts';
import { findProgram } from '../../src/platform/find-program.ts';
import { DEWAR } from '../support/image-cli.ts';
import { pathOfLinks } from '../support/path-of-links.ts';

/** What a host that lacks nothing has, as far as this one has it; perl is left out. */
const PROGRAMS =
  'qemu-system-x86_64 ssh ssh-keygen mke2fs tar git zstd unshare id env dpkg-deb setpriv mmdebstrap dumpe2fs debugfs fakeroot fakechroot cat sh nft dnsmasq ip flock awk'.split(
    ' ',
  );

let directory = '';
beforeAll(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'dewar-doctor-')));
  await pathOfLinks(join(directory, 'bin'), PROGRAMS, await standIns());
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** An apt-get that only installs perl-base, and only after an update; and a sudo that hands on what it is given. */
async function standIns(): Promise<Record<string, string>> {
  const perl = await findProgram('perl', process.env['PATH'] ?? '');
  const said = join(directory, 'apt-said');
  const lists = join(directory, 'lists');
  return {
    'apt-get': [
      `echo "$*" >>${said}`,
      `case "$*" in *update*) : >${lists}; exit 0 ;; esac`,
      `[ -e ${lists} ] || { echo 'Unable to locate package' >&2; exit 100; }`,
      `case "$*" in *perl-base*) /bin/ln -s ${perl} ${join(directory, 'bin', 'perl')} ;; esac`,
    ].join('\n'),
    sudo: 'shift\nexec "$@"',
  };
}

async function dewar(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  await mkdir(join(directory, 'home'), { recursive: true });
  const done = await runCommand(process.execPath, [DEWAR, ...args], {
    cwd,
    env: {
      PATH: join(directory, 'bin'),
      HOME: join(directory, 'home'),
      XDG_RUNTIME_DIR: directory,
      DEWAR_CACHE_DIR: join(directory, 'cache'),
      DEWAR_ACCEL: 'tcg',
      ...env,
    },
  });
  return { exitCode: done.exitCode, stdout: done.stdout.toString('utf8'), stderr: done.stderr };
}

interface Report {
  ok: boolean;
  packages: { missing: string[] };
  checks: { id: string; group: string; title: string; level: string; message: string; mend?: string }[];
}

async function report(cwd: string, env?: Record<string, string>): Promise<Report & { exitCode: number }> {
  const { stdout, exitCode } = await dewar(['doctor', '--json'], cwd, env);
  return { ...(JSON.parse(stdout) as Report), exitCode };
}

async function workspace(name: string, config: object): Promise<string> {
  const path = join(directory, name);
  await mkdir(path);
  await writeFile(join(path, 'dewar.config.json'), JSON.stringify(config));
  return path;
}

/** Levels and messages of some checks. */
function of({ checks }: Report, ...ids: string[]): string[] {
  return checks.filter(({ id }) => ids.includes(id)).map(({ level, message }) => `${level}: ${message}`);
}

describe('a host that lacks a program (stand-ins for apt-get and sudo)', () => {
  test('doctor names it, with its package, and ends with 1', async () => {
    const found = await report(directory);
    expect(found).toMatchObject({ ok: false, exitCode: 1 });
    expect(of(found, 'perl')).toEqual([expect.stringMatching(/^problem: perl is not on PATH/)]);
    expect(found.packages.missing).toContain('perl-base');
    const { stdout } = await dewar(['doctor'], directory);
    expect(stdout).toMatch(/^ {2}✗ perl: .*\n {6}mend: install perl-base$/m);
    expect(stdout).toMatch(/dewar setup installs what is missing: .*perl-base/);
  });

  test('setup without a terminal and without --yes says what it would do', async () => {
    for (const args of [['setup'], ['setup', '--dry-run', '--yes']]) {
      const { exitCode, stdout } = await dewar(args, directory);
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/apt-get install -y --no-install-recommends .*perl-base/);
    }
    await expect(readFile(join(directory, 'apt-said'))).rejects.toThrow('ENOENT');
  });

  test('setup --yes installs it, updating the lists of packages where they lack it', async () => {
    const { exitCode, stdout, stderr } = await dewar(['setup', '--yes', '--json'], directory);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr: expect.stringContaining('updates the package lists'),
    });
    expect(JSON.parse(stdout)).toMatchObject({
      installed: true,
      packages: expect.arrayContaining(['perl-base']),
    });
    const said = (await readFile(join(directory, 'apt-said'), 'utf8')).trim().split('\n');
    expect(said).toHaveLength(3);
    expect(said[0]).toMatch(/^-o DPkg::Lock::Timeout=300 install -y --no-install-recommends .*perl-base/);
    expect(of(await report(directory), 'perl')).toEqual([expect.stringMatching(/^ok: /)]);
  });
});

test('doctor looks at each driver, and says what auto takes and why nothing better', async () => {
  const { checks } = await report(directory, { DEWAR_TAP: 'no' });
  const seen = (id: string): [string, string, string][] =>
    checks.filter((check) => check.id === id).map(({ title, level, message }) => [title, level, message]);
  expect(seen('drivers')).toEqual([
    ['cloud-hypervisor', 'note', expect.stringContaining('cloud-hypervisor is not on PATH')],
    [
      'qemu',
      'note',
      expect.stringMatching(/^QEMU .*, written for 7\.2 to \d+; its guests are emulated .* by virtiofs/),
    ],
    ['firecracker', 'note', expect.stringContaining('firecracker is not on PATH')],
  ]);
  expect(checks.find(({ title }) => title === 'firecracker')?.mend).toMatch(/DEWAR_FIRECRACKER/);
  const [, record] = seen('driver-auto').map(([, , message]) => message);
  expect(seen('driver-auto')[0]?.[2]).toMatch(
    /^workspaces: driver qemu: its guests are emulated \(DEWAR_ACCEL=tcg\), .*; not cloud-hypervisor: .* is not on PATH/,
  );
  // There is no Bazel either, and no image.
  expect(record).toMatch(
    /^record and consume: no driver works here: firecracker: .*; local: bazel is not on PATH/,
  );
});

describe('a workspace', () => {
  test('all is well', async () => {
    const path = await workspace('well', { name: 'app', network: { mode: 'off' } });
    expect(of(await report(path), 'config', 'env', 'image', 'machines', 'mounts')).toEqual([
      `ok: ${path}/dewar.config.json`,
      expect.stringMatching(/^note: .*dewar\.lock does not say yet/),
      'ok: app is down',
      'ok: 1, none over a cache',
    ]);
  });

  test('variables that are not set, a share of a cache, and all of the home', async () => {
    const path = await workspace('worse', {
      plugins: ['node'],
      env: { A: { fromEnv: 'TOKEN' }, B: { fromEnv: 'SET' }, C: 'text' },
      mounts: [
        { source: '~/.npm', target: '~/.npm', optional: true },
        { source: '~', target: '/host' },
      ],
    });
    await mkdir(join(directory, 'home', '.npm'), { recursive: true });
    const found = await report(path, { SET: 'yes' });
    expect(found.exitCode).toBe(1);
    expect(of(found, 'env', 'mounts', 'network-mode')).toEqual([
      expect.stringMatching(/^note: filtered/),
      expect.stringMatching(/^problem: .* not set: TOKEN$/),
      expect.stringMatching(/^warning: .*gives the guest this user's home/),
      expect.stringMatching(/^warning: .*\(npm\)/),
    ]);
  });

  test('a config that cannot be loaded is one problem', async () => {
    const path = await workspace('broken', { packages: 7 });
    const found = await report(path);
    expect(found.exitCode).toBe(1);
    expect(found.checks.filter(({ group }) => group === 'workspace')).toMatchObject([
      { id: 'config', level: 'problem', message: expect.stringContaining('packages') },
    ]);
  });
});
