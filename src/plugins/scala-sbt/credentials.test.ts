import { lstat, mkdir, mkdtemp, readFile, readdir, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { localGuest } from '../../../test/support/local-guest.ts';
import type { HookFunction } from '../../config/workspace-config.ts';
import { plugin } from './plugin.ts';

const CORP = `export MAVEN_REPO_CORP_URL='https://u@nexus.corp.example:8443/maven' MAVEN_REPO_CORP_USER='änn 😀' \\
  MAVEN_REPO_CORP_PASSWORD=' p\\a=s#s
two' MAVEN_REPO_CORP_REALM='The Realm'\n`;
const SINGLE =
  'export MAVEN_REPO_HOST=repo.example.com MAVEN_REPO_USERNAME=bob MAVEN_REPO_PASSWORD=hunter2\n';

const scratch: string[] = [];
afterEach(async () => {
  for (const path of scratch.splice(0)) await rm(path, { recursive: true, force: true });
});

async function homeIn(directory: string): Promise<string> {
  const home = await mkdtemp(join(directory, 'dewar-test-maven-'));
  scratch.push(home);
  return home;
}

/** The hook of the plugin, with a directory of this host as the guest's home. */
async function postUp(home: string, env: string): Promise<string[]> {
  const said: string[] = [];
  const guest = await localGuest(home, { env });
  for (const hook of plugin.hooks?.postUp ?? [])
    await (hook as HookFunction)({
      workspace: { name: 'shop', directory: home },
      guest,
      env: {},
      say: (message) => said.push(message),
      signal: undefined,
    });
  return said;
}

describe('credentials of Maven repositories', () => {
  it('are written as sbt and coursier read them', async () => {
    const home = await homeIn('/dev/shm');
    expect(await postUp(home, CORP + SINGLE)).toEqual([
      'credentials of Maven repositories: repo.example.com, nexus.corp.example',
    ]);
    const directory = join(home, '.sbt/credentials');
    expect((await readdir(directory)).toSorted()).toEqual(['corp', 'coursier.properties', 'default']);
    expect(await readFile(join(home, '.sbt/.credentials'), 'utf8')).toBe(
      'host=repo.example.com\nuser=bob\npassword=hunter2\n',
    );
    expect(await readFile(join(directory, 'corp'), 'utf8')).toBe(
      String.raw`realm=The\ Realm
host=nexus.corp.example
user=\u00e4nn\ \ud83d\ude00
password=\ p\\a=s#s\u000atwo
`,
    );
    expect(await readFile(join(home, '.config/coursier/credentials.properties'), 'utf8')).toBe(
      String.raw`default.host=repo.example.com
default.password=hunter2
default.username=bob
corp.host=nexus.corp.example
corp.password=\ p\\a=s#s\u000atwo
corp.realm=The\ Realm
corp.username=\u00e4nn\ \ud83d\ude00
`,
    );
    for (const name of await readdir(directory))
      expect((await stat(join(directory, name))).mode & 0o777).toBe(0o600);
  });

  it('are the same after a second run, and gone when the env has none', async () => {
    const home = await homeIn('/dev/shm');
    await postUp(home, CORP);
    await postUp(home, SINGLE);
    expect((await readdir(join(home, '.sbt/credentials'))).toSorted()).toEqual([
      'coursier.properties',
      'default',
    ]);
    expect(await readlink(join(home, '.sbt/.credentials'))).toBe(join(home, '.sbt/credentials/default'));
    expect(await postUp(home, '')).toEqual([]);
    expect(await readdir(join(home, '.sbt/credentials'))).toEqual([]);
    await expect(lstat(join(home, '.sbt/.credentials'))).rejects.toThrow('ENOENT');
    await expect(lstat(join(home, '.config/coursier/credentials.properties'))).rejects.toThrow('ENOENT');
  });

  it('nothing is made for who has none, or a repository without a login', async () => {
    const home = await homeIn('/dev/shm');
    expect(await postUp(home, 'export MAVEN_REPO_URL=https://repo.example.com\n')).toEqual([]);
    expect(await readdir(home)).toEqual(['.env']);
  });

  it('a half of a login is said, without its values', async () => {
    const home = await homeIn('/dev/shm');
    expect(await postUp(home, 'export MAVEN_REPO_X_PASSWORD=hunter2 MAVEN_REPO_X_URL=nonsense\n')).toEqual([
      'dewar scala-sbt: no credentials by MAVEN_REPO_X_…: MAVEN_REPO_X_HOST, MAVEN_REPO_X_USER not set',
    ]);
  });

  it('files of the user’s own stay', async () => {
    const home = await homeIn('/dev/shm');
    await mkdir(join(home, '.sbt'));
    await writeFile(join(home, '.sbt/.credentials'), 'own');
    expect((await postUp(home, SINGLE)).join('\n')).toContain(
      '.sbt/.credentials is not of this plugin, and stays',
    );
    expect(await readFile(join(home, '.sbt/.credentials'), 'utf8')).toBe('own');
    await postUp(home, '');
    expect(await readFile(join(home, '.sbt/.credentials'), 'utf8')).toBe('own');
  });

  it('are never written to a disk', async () => {
    const home = await homeIn('/var/tmp');
    await expect(postUp(home, SINGLE)).rejects.toThrow(
      expect.objectContaining({
        code: 'GUEST_COMMAND_FAILED',
        message: expect.stringContaining('not in memory'),
      }),
    );
    expect(await readdir(join(home, '.sbt/credentials'))).toEqual([]);
  });
});
