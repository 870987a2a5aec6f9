import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { localGuest } from '../../../test/support/local-guest.ts';
import { plugin } from './plugin.ts';
import { syncConfig } from './sync-config.ts';

let root: string;
let host: string;
let home: string;
let guest: Awaited<ReturnType<typeof localGuest>>;
let said: string[];

beforeEach(async () => {
  root = await mkdtemp('/dev/shm/dewar-test-claude-');
  host = join(root, "ann's");
  home = join(root, 'guest home');
  await mkdir(home);
  guest = await localGuest(home);
  said = [];
});

afterEach(() => rm(root, { recursive: true, force: true }));

async function put(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const path = join(host, '.claude', name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
}

function sync(args: string[], env: Record<string, string> = { HOME: host }): Promise<void> {
  const workspace = { name: 'shop', directory: root };
  return syncConfig({ workspace, guest, env, say: (message) => said.push(message), signal: undefined, args });
}

const read = (name: string): Promise<string> => readFile(join(home, '.claude', name), 'utf8');

describe('dewar claude-code sync-config, with a directory of this host as the guest', () => {
  it('copies settings, memory and directories, and nothing else', async () => {
    await put({
      'settings.json': '{"model":"opus"}',
      'CLAUDE.md': 'Be brief.\n',
      'agents/-review me.md': 'review',
      'skills/a/SKILL.md': 'skill',
      'skills/a/.git/config': 'git',
      '.credentials.json': 'SECRET',
      'skills/a/.credentials.json': 'SECRET',
      'history.jsonl': 'talk',
      'projects/x.jsonl': 'talk',
    });
    await sync([]);
    const files = await readdir(join(home, '.claude'), { recursive: true });
    expect(files.toSorted()).toEqual([
      'CLAUDE.md',
      'agents',
      'agents/-review me.md',
      'settings.json',
      'skills',
      'skills/a',
      'skills/a/SKILL.md',
    ]);
    expect(await read('CLAUDE.md')).toBe('Be brief.\n');
    expect(said).toEqual(['copied: CLAUDE.md, settings.json, agents, skills']);
  });

  it('keeps what is the guest’s own, and is run again', async () => {
    await put({ 'settings.json': '{"a":1}', 'agents/a.md': 'a' });
    await mkdir(join(home, '.claude/agents'), { recursive: true });
    await writeFile(join(home, '.claude/agents/own.md'), 'own');
    await sync([]);
    await put({ 'settings.json': '{"a":2}' });
    await sync([]);
    expect(await read('settings.json')).toBe('{"a":2}');
    expect(await read('agents/own.md')).toBe('own');
  });

  it('leaves symbolic links out unless it is told to follow them', async () => {
    await put({ 'CLAUDE.md': 'x' });
    await writeFile(join(root, 'id_ed25519'), 'KEY OF THE HOST');
    await symlink(join(root, 'id_ed25519'), join(host, '.claude/settings.json'));
    await mkdir(join(host, '.claude/skills'));
    await symlink(join(root, 'id_ed25519'), join(host, '.claude/skills/SKILL.md'));
    await sync([]);
    expect(said[0]).toContain('settings.json is a symbolic link, and left out');
    expect(await readdir(join(home, '.claude'))).toEqual(['CLAUDE.md', 'skills']);
    expect((await lstat(join(home, '.claude/skills/SKILL.md'))).isSymbolicLink()).toBe(true);
    await sync(['--follow-links']);
    expect(await read('settings.json')).toBe('KEY OF THE HOST');
  });

  it('takes CLAUDE_CONFIG_DIR', async () => {
    await put({ 'CLAUDE.md': 'x' });
    await sync([], { HOME: '/nonexistent', CLAUDE_CONFIG_DIR: join(host, '.claude') });
    expect(await read('CLAUDE.md')).toBe('x');
  });

  it('says that secrets may be in settings', async () => {
    await put({ 'settings.json': '{"env": {"KEY": "1"}}' });
    await sync([]);
    expect(said[0]).toContain('settings.json has an env');
  });

  it('sends credentials when it is told to, into memory', async () => {
    await put({ 'CLAUDE.md': 'x', '.credentials.json': 'SECRET' });
    await sync(['--credentials']);
    expect(await read('.credentials.json')).toBe('SECRET');
    expect(await readlink(join(home, '.claude/.credentials.json'))).toBe('dewar/credentials.json');
    expect((await stat(join(home, '.claude/dewar/credentials.json'))).mode & 0o777).toBe(0o600);
    expect(plugin.mounts).toContainEqual({ tmpfs: true, target: '~/.claude/dewar' });
    expect(JSON.stringify([guest.calls, said])).not.toContain('SECRET');
  });

  it.each([
    ['credentials that are not there', ['--credentials'], 'CLAUDE_NO_CREDENTIALS'],
    ['an unknown option', ['--credential'], 'USAGE'],
  ])('%s are an error', async (_, args, code) => {
    await put({ 'CLAUDE.md': 'x' });
    await expect(sync(args)).rejects.toThrow(expect.objectContaining({ code }));
  });

  it('a directory without any settings is an error', async () => {
    await expect(sync([])).rejects.toThrow(expect.objectContaining({ code: 'CLAUDE_CONFIG_MISSING' }));
  });

  it('a guest whose ~/.claude cannot be written is an error with its words', async () => {
    await put({ 'CLAUDE.md': 'x' });
    await writeFile(join(home, '.claude'), '');
    await chmod(join(home, '.claude'), 0o600);
    await expect(sync([])).rejects.toThrow(expect.objectContaining({ code: 'GUEST_COMMAND_FAILED' }));
  });
});

describe('the plugin claude-code', () => {
  it('shares only what the user wrote, and nothing that the guest may write', () => {
    const shares = (plugin.mounts ?? []).filter((mount) => 'source' in mount);
    expect(shares.map(({ source }) => source)).not.toContain('~/.claude');
    expect(shares.filter(({ readonly, optional }) => readonly !== true || optional !== true)).toEqual([]);
  });
});
