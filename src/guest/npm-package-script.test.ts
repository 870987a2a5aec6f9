import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { localGuest } from '../../test/support/local-guest.ts';
import { npmRegistry } from '../../test/support/npm-registry.ts';
import type { NpmRegistry } from '../../test/support/npm-registry.ts';
import type { GuestRunResult } from '../config/workspace-config.ts';
import { npmPackageScript } from './npm-package-script.ts';
import type { NpmPackage } from './npm-package-script.ts';

const NAME = '@dewar-test/tool';
const PROGRAM = 'dewar-test-tool';

let root: string;
let home: string;
let registry: NpmRegistry;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'dewar-test-npm-'));
  home = join(root, "ann's home");
  await mkdir(home);
  registry = await npmRegistry(root, NAME, ['1.0.0', '1.1.0'], PROGRAM);
});

afterEach(async () => {
  await registry[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

/** Real npm and a registry of this host. */
async function install(more: Partial<NpmPackage> = {}, env = ''): Promise<GuestRunResult> {
  const guest = await localGuest(home, { env: `export NPM_CONFIG_REGISTRY=${registry.url}\n${env}` });
  const script = npmPackageScript({ plugin: 'test', name: NAME, program: PROGRAM, ...more });
  return guest.run(['sh', '-c', script], { deadlineMs: 25_000 });
}

async function versionIn(prefix: string): Promise<string> {
  const guest = await localGuest(home);
  return (await guest.run([join(prefix, 'bin', PROGRAM)])).stdout.toString().trim();
}

describe('npmPackageScript, with real npm and a local registry', () => {
  it('installs the newest, once', async () => {
    expect(await install()).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining(`dewar test: installs ${NAME} with npm`),
    });
    expect(await versionIn(join(home, '.local'))).toBe('1.1.0');
    registry.requests.length = 0;
    expect(await install()).toMatchObject({ exitCode: 0, stderr: '' });
    expect(registry.requests).toEqual([]);
  });

  it('installs the version that is asked for over another one', async () => {
    await install({ version: '1.1.0' });
    await install({ version: '1.0.0' });
    expect(await versionIn(join(home, '.local'))).toBe('1.0.0');
    registry.requests.length = 0;
    expect(await install({ version: '1.0.0' })).toMatchObject({ exitCode: 0, stderr: '' });
    expect(registry.requests).toEqual([]);
  });

  it("takes the prefix of the user's npm config when it is below the home", async () => {
    const prefix = join(home, 'npm packages');
    await writeFile(join(home, '.npmrc'), `prefix=${prefix}\n`);
    expect(await install()).toMatchObject({ exitCode: 0 });
    expect(await versionIn(prefix)).toBe('1.1.0');
    expect(await install()).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('leaves a program alone that is there by other means', async () => {
    await mkdir(join(home, 'bin'));
    await writeFile(join(home, 'bin', PROGRAM), '#!/bin/sh\n', { mode: 0o755 });
    const result = await install({}, 'PATH="$HOME/bin:$PATH"\n');
    expect(result).toMatchObject({
      exitCode: 0,
      stderr: `dewar test: ${PROGRAM} is ${home}/bin/${PROGRAM}: ${NAME} is not installed\n`,
    });
    expect(registry.requests).toEqual([]);
  });

  it('says what to look at when there is no network', async () => {
    await registry[Symbol.asyncDispose]();
    const result = await install();
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain(`dewar test: npm could not install ${NAME} from ${registry.url}`);
    expect(result.stderr).toContain('network.domains');
    await expect(readFile(join(home, '.local/bin', PROGRAM))).rejects.toThrow('ENOENT');
  });
});
