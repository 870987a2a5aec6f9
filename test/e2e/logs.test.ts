import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommand } from '../../src/platform/run-command.ts';
import { DEWAR } from '../support/image-cli.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dewar-logs-'));
  await put('dewar.config.json', '{ "name": "app" }');
  await put('.dewar/journal.json', JSON.stringify(JOURNAL));
  await put('.dewar/logs/scripts/01-setup.log', 'all is well\n');
  await put('.dewar/logs/scripts/02-npm_install.log', 'one\n\u001B[31mtwo\u001B[0m\u001B[2J\nthree');
  await put(`cache/qemu/logs/${JOURNAL.machine.id}/console.log`, '[ 0.1] booting\n[ 9.9] Power down\n');
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Of a machine that was up, is down, and had a script that failed. */
const JOURNAL = {
  format: 1,
  state: 'down',
  mounts: [],
  machine: {
    id: '0123456789abcdef',
    driver: 'qemu',
    slot: 0,
    since: 0,
    newDisk: false,
    how: 'booted',
    vcpus: 1,
    memoryMB: 512,
    network: 'off',
    image: 'x',
    machineDigest: 'x',
    code: {},
    failedScripts: ['npm install'],
  },
};

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(directory, path)), { recursive: true });
  await writeFile(join(directory, path), text);
}

async function logs(...args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: directory,
    DEWAR_CACHE_DIR: join(directory, 'cache'),
    XDG_RUNTIME_DIR: directory,
  };
  const done = await runCommand(process.execPath, [DEWAR, 'logs', ...args], { cwd: directory, env });
  return { exitCode: done.exitCode, stdout: done.stdout.toString('utf8'), stderr: done.stderr };
}

test('without a name: all logs, and the end of that of the script that failed', async () => {
  const { stdout } = await logs();
  expect(stdout).toMatch(/console +│ 33 bytes/);
  expect(stdout).toContain('01-setup');
  expect(stdout.split('\n').slice(-5)).toEqual(['the end of 02-npm_install:', 'one', 'two', 'three', '']);
  expect(JSON.parse((await logs('--json', '--lines', '1')).stdout)).toMatchObject({
    machine: 'app',
    logs: [{ name: 'console', bytes: 33 }, { name: '01-setup' }, { name: '02-npm_install' }],
    shown: { name: '02-npm_install', lines: ['three'] },
  });
});

test('of a machine that is gone, --follow prints what there is and ends', async () => {
  expect(await logs('console', '-f', '-n', '1')).toEqual({
    exitCode: 0,
    stdout: '[ 9.9] Power down\n',
    stderr: '',
  });
  const { stdout } = await logs('npm install', '--follow', '--json');
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual(['one', 'two', 'three']);
});

test('a log that is not there', async () => {
  const { exitCode, stderr } = await logs('02');
  expect(exitCode).toBe(1);
  expect(stderr).toContain('name one of: console, 01-setup, 02-npm_install');
});
