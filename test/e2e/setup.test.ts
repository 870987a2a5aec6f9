import { spawn } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { runCommand } from '../../src/platform/run-command.ts';
import { loadScript, ROOT, scriptUrl } from './load-script.ts';

let temp: string;

beforeEach(async () => {
  temp = await mkdtemp(join(tmpdir(), 'dewar-setup-'));
});

afterEach(async () => {
  await rm(temp, { recursive: true });
});

describe('the mirror is found in the apt configuration of the machine', () => {
  const MAIN = { types: ['deb'], suites: ['bookworm'], components: ['main'] };

  test('one-line format', async () => {
    const { parseOneLineSources } = await loadScript<AptSources>('setup/apt-sources.mjs');
    const text = [
      '# deb http://off.example/debian bookworm main',
      'deb-src http://a.example/debian bookworm main',
      ' deb [ arch=amd64 signed-by=/k/ring.gpg ] http://b.example/debian bookworm main contrib # why',
      'deb\thttp://c.example/debian   bookworm main',
      '',
    ].join('\n');
    expect(parseOneLineSources(text)).toEqual([
      { ...MAIN, types: ['deb-src'], uris: ['http://a.example/debian'] },
      {
        ...MAIN,
        uris: ['http://b.example/debian'],
        components: ['main', 'contrib'],
        signedBy: '/k/ring.gpg',
      },
      { ...MAIN, uris: ['http://c.example/debian'] },
    ]);
  });

  test('deb822 format', async () => {
    const { parseDeb822Sources } = await loadScript<AptSources>('setup/apt-sources.mjs');
    const text = [
      'Types: deb deb-src',
      '# a comment inside of a stanza',
      'URIs: http://a.example/debian http://b.example/debian',
      'suites: bookworm',
      ' bookworm-updates',
      'Components: main',
      'Signed-By: /k/ring.gpg',
      '',
      'Types: deb',
      'URIs: http://off.example/debian',
      'Suites: bookworm',
      'Components: main',
      'Enabled: no',
      '  ',
      'Types: deb',
      'URIs: http://c.example/debian',
      'Suites: bookworm',
      'Components: main',
      'Signed-By:',
      ' -----BEGIN PGP PUBLIC KEY BLOCK-----',
      ' .',
      ' AAAA',
    ].join('\n');
    expect(parseDeb822Sources(text)).toEqual([
      {
        types: ['deb', 'deb-src'],
        uris: ['http://a.example/debian', 'http://b.example/debian'],
        suites: ['bookworm', 'bookworm-updates'],
        components: ['main'],
        signedBy: '/k/ring.gpg',
      },
      { ...MAIN, uris: ['http://c.example/debian'] },
    ]);
  });

  test('the first whole Debian suite is taken, not security, sources or other archives', async () => {
    const { debianMirror } = await loadScript<AptSources>('setup/apt-sources.mjs');
    await mkdir(join(temp, 'sources.list.d'));
    await writeFile(join(temp, 'sources.list.d', 'a.list'), 'deb http://other.example/x nodistro main\n');
    await writeFile(
      join(temp, 'sources.list.d', 'b.list.off'),
      'deb http://off.example/debian bookworm main\n',
    );
    await writeFile(join(temp, 'sources.list.d', 'c.sources'), SECURITY_AND_MAIN);
    expect(debianMirror(temp)).toEqual({ uri: 'http://main.example/debian', signedBy: '/k/ring.gpg' });
    await writeFile(
      join(temp, 'sources.list'),
      'deb-src http://s.example/debian trixie main\ndeb http://l.example/debian trixie main\n',
    );
    expect(debianMirror(temp)).toEqual({ uri: 'http://l.example/debian', signedBy: undefined });
  });

  test('without a Debian archive, the message says what helps', async () => {
    const { debianMirror } = await loadScript<AptSources>('setup/apt-sources.mjs');
    await writeFile(join(temp, 'sources.list'), 'deb http://u.example/ubuntu noble main\n');
    expect(() => debianMirror(temp)).toThrow(
      /no Debian archive among the 1 package sources in .*DEWAR_BAZEL/s,
    );
  });
});

describe('system packages without root', () => {
  const SCRIPT = `
    const { main } = await import(process.argv[1] + '/say.mjs');
    const { ensureSystemPackages } = await import(process.argv[1] + '/system-packages.mjs');
    await main(() => ensureSystemPackages());`;

  test.each([
    {
      programs: ['apt-get', 'sudo', 'unshare'],
      said: 'missing packages: git mount. As root, run: apt-get update && apt-get install -y --no-install-recommends git mount',
    },
    {
      programs: ['git', 'unshare'],
      said: 'missing: mount. There is no apt-get here: install them by other means.',
    },
    { programs: ['git', 'unshare', 'mount'], said: undefined },
  ])('with only $programs: $said', async ({ programs, said }) => {
    // not below the private directory of the test run, which another user may not enter
    const dir = await mkdtemp('/tmp/dewar-setup-');
    onTestFinished(() => rm(dir, { recursive: true }));
    await cp(join(ROOT, 'scripts/setup'), join(dir, 'setup'), { recursive: true });
    await mkdir(join(dir, 'bin'));
    // each fails when it is run: nothing may be installed or changed
    for (const name of programs)
      await writeFile(join(dir, 'bin', name), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    await chmod(dir, 0o755);
    const node = [process.execPath, '--input-type=module', '-e', SCRIPT, join(dir, 'setup')];
    const asNobody =
      process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];
    const [file = '', ...args] = [...asNobody, 'env', '-i', `PATH=${join(dir, 'bin')}`, ...node];
    const result = await runCommand(file, args, { cwd: '/' });
    expect(result.stderr).toBe(said === undefined ? '' : `set-up: ${said}\n`);
    expect(result.stdout.toString()).toBe('');
    expect(result.exitCode).toBe(said === undefined ? 0 : 1);
  });
});

test('the lock of a set-up that was killed is free again', async () => {
  const lock = join(temp, 'lock');
  const code = `const { withLock } = await import(process.argv[1]);
    await withLock(process.argv[2], () => { console.log('held'); return new Promise(() => setInterval(() => {}, 1e6)); });`;
  const module = scriptUrl('setup/lock.mjs');
  const holder = spawn(process.execPath, ['--input-type=module', '-e', code, module, lock]);
  await new Promise((resolve) => holder.stdout.once('data', resolve));
  const { withLock } = await loadScript<{ withLock: (file: string, work: () => string) => Promise<string> }>(
    'setup/lock.mjs',
  );
  let killed = false;
  const waiting = withLock(lock, () => (killed ? 'after' : 'too early'));
  await new Promise((resolve) => setTimeout(resolve, 300));
  killed = true;
  holder.kill('SIGKILL');
  expect(await waiting).toBe('after');
});

const SECURITY_AND_MAIN = `Types: deb
URIs: http://security.example/debian-security
Suites: bookworm-security
Components: main

Types: deb
URIs: http://main.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /k/ring.gpg
`;

interface Source {
  types: string[];
  uris: string[];
  suites: string[];
  components: string[];
  signedBy?: string;
}

interface AptSources {
  parseOneLineSources: (text: string) => Source[];
  parseDeb822Sources: (text: string) => Source[];
  debianMirror: (etc: string) => { uri: string; signedBy: string | undefined };
}
