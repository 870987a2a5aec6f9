import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, lstat, mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findSftpServer } from '../../src/vmm/find-sftp-server.ts';
import { planSshShare } from '../../src/vmm/plan-ssh-share.ts';
import { temporaryDirectory } from '../support/git-repository.ts';
import { ANSWERS, permissions, rawSftp } from '../support/raw-sftp.ts';
import type { RawSftp } from '../support/raw-sftp.ts';

const server = await findSftpServer({}).catch(() => undefined);
const isRoot = process.getuid?.() === 0;
const canJail = isRoot || (await execa('unshare', ['-Urm', 'true'], { reject: false })).exitCode === 0;

const READ = 1;
const WRITE = 2;
const CREATE = 8;

/** The guest speaks to the server without sshfs between. */
describe.skipIf(server === undefined || !canJail)(
  'a hostile guest that speaks SFTP to the server of a share',
  () => {
    if (server === undefined) return;
    let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
    let source = '';
    let secret = '';
    let sftp: RawSftp;
    let end: (() => Promise<unknown>) | undefined;
    beforeAll(async () => {
      directory = await temporaryDirectory();
      source = join(directory.path, 'project');
      secret = join(directory.path, 'secret');
      await mkdir(join(source, '.dewar'), { recursive: true });
      await writeFile(secret, 'secret');
      await writeFile(join(source, '.dewar', 'key'), 'secret');
      await writeFile(join(source, 'dewar.config.ts'), 'host');
      await symlink(secret, join(source, 'absolute'));
      await symlink('../secret', join(source, 'relative'));
      // In the place of ssh.
      const [from, to] = [join(directory.path, 'from'), join(directory.path, 'to')];
      await execa('mkfifo', [from, to]);
      await writeFile(join(directory.path, 'ssh'), `#!/bin/sh\ncat '${to}' & exec cat >'${from}'\n`);
      await chmod(join(directory.path, 'ssh'), 0o755);
      const { file, args } = planSshShare(
        {
          id: 's',
          source,
          target: '/t',
          readOnly: false,
          hidden: ['.dewar'],
          readOnlyPaths: ['dewar.config.ts'],
        },
        { server, ssh: { arguments: [], directory: directory.path }, uid: process.getuid?.() ?? 0 },
      );
      const share = execa(file, args, {
        cwd: directory.path,
        env: { PATH: `${directory.path}:${process.env['PATH']}` },
        reject: false,
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      end = () => {
        share.kill();
        return share;
      };
      sftp = await rawSftp(createReadStream(from), createWriteStream(to));
    });
    afterAll(async () => {
      await end?.();
      await directory[Symbol.asyncDispose]();
    });

    const open = (path: string, flags: number, mode = 0o644): ReturnType<RawSftp['ask']> =>
      sftp.ask('open', path, flags, permissions(mode));

    test('reads and writes the share', async () => {
      const file = await open('/share/new', WRITE | CREATE);
      expect(file.type).toBe(ANSWERS.handle);
      const handle = file.data;
      expect((await sftp.ask('write', handle, 0, 0, 'guest')).data.readUInt32BE(0)).toBe(0);
      await sftp.ask('close', handle);
      expect(await readFile(join(source, 'new'), 'utf8')).toBe('guest');
      const { uid, gid } = await lstat(join(source, 'new'));
      expect([uid, gid]).toEqual([process.getuid?.(), process.getgid?.()]);
    });

    test.each([
      '/etc/shadow',
      '../secret',
      '/share/../secret',
      'absolute',
      'relative',
      '/share/.dewar/key',
      '.dewar/../.dewar/key',
      '/proc/self/environ',
      '/proc/1/root/etc/shadow',
      '/usr/bin/env',
      '/home',
      '/root/.ssh/id_ed25519',
    ])('does not get at %s', async (path) => {
      expect((await open(path, READ)).type).toBe(ANSWERS.status);
      expect((await sftp.ask('opendir', path)).type).toBe(ANSWERS.status);
    });

    test.each([
      '/etc/x',
      '/x',
      '/lib/x',
      '/dev/x',
      '/share/.dewar/x',
      '/share/dewar.config.ts',
      '/share/../x',
    ])('does not make or change %s', async (path) => {
      expect((await open(path, WRITE | CREATE)).type).toBe(ANSWERS.status);
      expect((await sftp.ask('remove', path)).data.readUInt32BE(0)).not.toBe(0);
    });

    test('sees a root that has nothing but the server', async () => {
      const { data } = await sftp.ask('opendir', '/');
      const listed = (await sftp.ask('readdir', data)).data.toString('latin1');
      expect(listed).toMatch(/share/);
      expect(listed).not.toMatch(/home|root\0|tmp|var|proc|sys|run/);
    });

    test.each<[string, () => ReturnType<RawSftp['ask']>]>([
      ['a file that is made so', () => open('/share/s', WRITE | CREATE, 0o4755)],
      ['by setstat', () => sftp.ask('setstat', '/share/new', permissions(0o4755))],
      ['by setstat, for the group', () => sftp.ask('setstat', '/share/new', permissions(0o2755))],
      ['by lsetstat', () => sftp.ask('extended', 'lsetstat@openssh.com', '/share/new', permissions(0o4755))],
    ])('makes no set-user-ID program: %s', async (_name, attempt) => {
      expect((await attempt()).type).toBe(ANSWERS.status);
      const modes = (await readdir(source)).map(async (name) => (await lstat(join(source, name))).mode);
      expect((await Promise.all(modes)).filter((mode) => (mode & 0o6000) !== 0)).toEqual([]);
    });

    test('cannot move, link or remove what is protected', async () => {
      for (const path of ['.dewar', 'dewar.config.ts']) {
        expect((await sftp.ask('rename', path, 'moved')).data.readUInt32BE(0)).not.toBe(0);
        expect(
          (await sftp.ask('extended', 'posix-rename@openssh.com', path, 'moved')).data.readUInt32BE(0),
        ).not.toBe(0);
        expect(
          (await sftp.ask('extended', 'posix-rename@openssh.com', 'new', path)).data.readUInt32BE(0),
        ).not.toBe(0);
        expect(
          (await sftp.ask('extended', 'hardlink@openssh.com', path, 'linked')).data.readUInt32BE(0),
        ).not.toBe(0);
        expect((await sftp.ask('rmdir', path)).data.readUInt32BE(0)).not.toBe(0);
      }
      expect(await readFile(join(source, '.dewar', 'key'), 'utf8')).toBe('secret');
      expect(await readFile(join(source, 'dewar.config.ts'), 'utf8')).toBe('host');
    });
  },
);
