import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { localGuest } from '../../../test/support/local-guest.ts';
import type { GuestRunResult } from '../../config/workspace-config.ts';
import { installScript } from './install-script.ts';
import { SBT_LAUNCH_JAR } from './launchers.ts';

const JAR = Buffer.from('stands in for the launcher of sbt');
const SHA256 = createHash('sha256').update(JAR).digest('hex');
const JAR_PATH = /^\/maven\/org\/scala-sbt\/sbt-launch\/[\d.]+\/sbt-launch-[\d.]+\.jar$/;
const LOGIN = { user: 'ann "x"', password: String.raw`p\a:ss` };
/** Whatever the script asks of Maven Central fails at once. */
const NO_CENTRAL = 'export https_proxy=http://127.0.0.1:1\n';

let root: string;
let home: string;
let server: Server;
let url: string;
let requests: { path: string; authorization: string | undefined }[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'dewar-test-sbt-'));
  home = join(root, "ann's home");
  await mkdir(home);
  requests = [];
  server = createServer(({ url: path = '', headers: { authorization } }, response) => {
    requests.push({ path, authorization });
    if (JAR_PATH.test(path)) response.end(JAR);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  url = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  await rm(root, { recursive: true, force: true });
});

async function install(
  env = `export MAVEN_REPO_CORP_URL=http://${url}/maven/\n`,
  sha256 = SHA256,
): Promise<GuestRunResult> {
  const guest = await localGuest(home, { env: NO_CENTRAL + env });
  return guest.run(['sh', '-c', installScript(sha256)], { deadlineMs: 20_000 });
}

const inHome = (path: string): string => join(home, '.local', path);
const jar = (): string => inHome(`lib/dewar/${SBT_LAUNCH_JAR}`);

async function times(): Promise<number[]> {
  const names = ['bin/sbt', 'bin/scala-cli', `lib/dewar/${SBT_LAUNCH_JAR}`];
  return Promise.all(names.map(async (name) => (await stat(inHome(name))).ctimeMs));
}

describe('the install script of scala-sbt, with a repository of this host and a stand-in for the launcher', () => {
  it('installs once', async () => {
    expect(await install()).toMatchObject({
      exitCode: 0,
      stderr: `dewar scala-sbt: downloads ${SBT_LAUNCH_JAR} from http://${url}/maven\n`,
    });
    expect(await readFile(jar())).toEqual(JAR);
    expect((await readdir(inHome('bin'))).toSorted()).toEqual(['sbt', 'scala-cli']);
    const before = await times();
    requests.length = 0;
    expect(await install()).toMatchObject({ exitCode: 0, stderr: '' });
    expect(requests).toEqual([]);
    expect(await times()).toEqual(before);
  });

  it('logs in to a repository of the user’s own', async () => {
    const { user, password } = LOGIN;
    const result = await install(
      `export MAVEN_REPO_URL=http://token:hunter2@${url}/maven MAVEN_REPO_USER='${user}' MAVEN_REPO_PASSWORD='${password}'\n`,
    );
    expect(result.exitCode).toBe(0);
    expect(result.stderr).not.toMatch(/hunter2|p\\a/);
    expect(requests[0]?.authorization).toBe(`Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`);
  });

  it('gets a damaged launcher anew', async () => {
    await install();
    await writeFile(jar(), 'damaged');
    expect(await install()).toMatchObject({ exitCode: 0 });
    expect(await readFile(jar())).toEqual(JAR);
  });

  it('refuses a launcher of another digest', async () => {
    const result = await install(undefined, '0'.repeat(64));
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain('it is not what it should be');
    expect(await readdir(inHome('lib/dewar'))).toEqual([]);
  });

  it('says what to look at when there is no network', async () => {
    const result = await install('');
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toMatch(/from https:\/\/repo1\.maven\.org\/maven2\ncurl: .*\n.*network\.domains/s);
    expect(await readdir(inHome('bin'))).toEqual([]);
  });

  it('leaves an sbt of the user’s own alone', async () => {
    await mkdir(inHome('bin'), { recursive: true });
    await writeFile(inHome('bin/sbt'), '#!/bin/sh\n');
    expect((await install()).stderr).toContain('/bin/sbt is not of this plugin, and stays');
    expect(await readFile(inHome('bin/sbt'), 'utf8')).toBe('#!/bin/sh\n');
  });

  it('sbt gives Java its options and sbt the rest, word for word; scala-cli all words', async () => {
    await install();
    const bin = join(root, 'bin');
    await mkdir(bin);
    await writeFile(join(bin, 'java'), '#!/bin/sh\nfor word; do echo "<$word>"; done\n', { mode: 0o755 });
    await writeFile(join(home, '.jvmopts'), '# memory\n-Xmx2g\r\n');
    await writeFile(join(home, '.sbtopts'), '-J-Xms1g\n-client\n-Dq=1\n');
    const guest = await localGuest(home, {
      env: "export SBT_OPTS='-Dglob=*'\n",
      path: `${bin}:${process.env['PATH'] ?? ''}`,
    });
    const words = ['-Da=b c', 'testOnly *Foo -- -z "x y"', '-J-Xss9m', '--help', ''];
    const sbt = await guest.run([inHome('bin/sbt'), ...words]);
    expect(sbt.stdout.toString().trimEnd().split('\n').slice(2)).toEqual(
      [
        '-Dglob=*',
        '-Xmx2g',
        '-Xms1g',
        '-Dq=1',
        '-Da=b c',
        '-Xss9m',
        '-jar',
        jar(),
        'testOnly *Foo -- -z "x y"',
        '--help',
        '',
      ].map((word) => `<${word}>`),
    );
    const scala = await guest.run([inHome('bin/scala-cli'), ...words]);
    const shown = words.map((word) => `<${word}>\n`).join('');
    expect(scala.stdout.toString()).toMatch(new RegExp(`<@.*/scala-cli-[\\d.]+\\.properties>\\n`));
    expect(scala.stdout.toString().endsWith(shown)).toBe(true);
  });
});
