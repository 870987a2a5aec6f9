import { chown, lstat, mkdir, readFile, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, onTestFinished, test } from 'vitest';
import { planJail } from '../../src/platform/jail/plan-jail.ts';
import type { JailInput } from '../../src/platform/jail/plan-jail.ts';
import { temporaryDirectory } from '../support/git-repository.ts';

const isRoot = process.getuid?.() === 0;
/** www-data of every Debian. */
const PLAIN = 33;
const can = await works();

/** A name with whatever could be taken for something else. */
const ODD = `-o 'it', "is"\n\\a`;

describe.skipIf(!can)('a jail (needs Linux 5.12, and user namespaces unless by root)', () => {
  test.each(isRoot ? ['root', 'a plain user'] : ['a plain user'])(
    'of %s shows a directory, covers and holds what it should, and cannot be taken apart',
    async (who) => {
      const lab = await jailLab(who);
      await mkdir(join(lab.source, 'deep', 'er'), { recursive: true });
      await mkdir(join(lab.source, '.dewar'));
      await writeFile(join(lab.source, '.dewar', 'key'), 'secret');
      for (const name of [ODD, 'deep/er/file', 'other']) await writeFile(join(lab.source, name), 'host');
      await lab.give();
      const said = await lab.run(
        { hidden: ['.dewar'], readOnlyPaths: [ODD, 'deep/er/file'] },
        `
        move() { perl -e 'exit !rename shift, q(z)' -- "$1"; }
        cd at; ls .dewar; cat -- "$1"; echo; id -u
        echo new >new; echo more >>other
        for step in 'echo x >"$1"' 'rm -- "$1"' 'move "$1"' 'ln -- "$1" z' 'touch .dewar/x' 'rmdir .dewar' 'move .dewar' \\
          'echo x >deep/er/file' 'move deep' 'move deep/er' 'umount .dewar' 'mount -o remount,rw .' \\
          'mount -o remount,bind,rw -- "$1"' 'chmod 4755 new' 'chmod 2755 new' \\
          'perl -e "umask 0; sysopen F, q(s), 0101, 04755 or die"' 'mknod device c 1 3'
        do (eval "$step") 2>/dev/null && echo "worked: $step"; done; true`,
        ODD,
      );
      expect(said).toBe('host\n1000\n');
      const made = await lstat(join(lab.source, 'new'));
      expect([made.uid, made.gid, made.mode & 0o7000]).toEqual([lab.uid, lab.uid, 0]);
      expect(await readFile(join(lab.source, '.dewar', 'key'), 'utf8')).toBe('secret');
      expect(await readFile(join(lab.source, 'other'), 'utf8')).toBe('hostmore\n');
      expect((await readdir(lab.source)).toSorted()).toEqual(
        [ODD, '.dewar', 'deep', 'new', 'other'].toSorted(),
      );
    },
  );

  test('that is read-only is so for all of it', async () => {
    const lab = await jailLab();
    const said = await lab.run({ readOnly: true }, 'touch at/x; mkdir at/y; ls at');
    expect(said).toBe('');
  });

  test('with a root of its own has programs, and no file of this host', async () => {
    const lab = await jailLab();
    await writeFile(join(lab.source, 'file'), 'shared');
    await symlink('/etc/hostname', join(lab.source, 'link'));
    const said = await lab.run(
      { ownRoot: ['/bin/sh', '/bin/cat', '/bin/ls', '/bin/touch'] },
      `cat /share/file; cat /share/link /etc/shadow ${lab.directory}/* 2>/dev/null
       echo; echo /*; ls /dev /etc; touch /x /etc/x /lib/x 2>/dev/null; ls /proc; echo $$`,
    );
    const [shared, root, ...rest] = said.trim().split('\n');
    expect(shared).toBe('shared');
    expect(root?.split(' ')).toEqual(expect.arrayContaining(['/etc', '/share']));
    expect(root).not.toMatch(/home|root|proc|tmp|var/);
    expect(rest).toEqual(['/dev:', 'null', '', '/etc:', 'group', 'passwd', '1']);
  });

  test.each<[string, (source: string) => Promise<void>, Partial<JailInput>, RegExp]>([
    ['its source is a link', (source) => link(source), {}, /Too many levels of symbolic links/],
    [
      'a link is on the way to its source',
      (source) => link(join(source, '..')),
      {},
      /Too many levels of symbolic links/,
    ],
    [
      'its source is a file',
      (source) => rm(source, { recursive: true }).then(() => writeFile(source, '')),
      {},
      /no directory/,
    ],
    ['a hidden path is missing', () => Promise.resolve(), { hidden: ['.dewar'] }, /\.dewar: No such file/],
    [
      'a hidden path is a file',
      (source) => writeFile(join(source, 'x'), ''),
      { hidden: ['x'] },
      /hidden: Not a directory/,
    ],
    [
      'a hidden path is a link',
      (source) => symlink('/etc', join(source, 'x')),
      { hidden: ['x'] },
      /symbolic links/,
    ],
    ['a path leads out', () => Promise.resolve(), { readOnlyPaths: ['../x'] }, /Invalid cross-device link/],
  ])('does not start when %s', async (_name, prepare, input, why) => {
    const lab = await jailLab();
    await prepare(lab.source);
    await lab.give();
    await expect(lab.run(input, 'echo started')).rejects.toThrow(why);
  });

  test('does not start its program when nobody connects', async () => {
    const lab = await jailLab();
    const listen = { socket: 's.sock', patienceSeconds: 1 };
    expect(await lab.run({ listen }, 'echo started')).toBe('');
  });

  test('has as many open files as this user may have', async () => {
    const lab = await jailLab();
    const { stdout } = await execa(
      'sh',
      ['-c', 'ulimit -Sn 512; ulimit -Hn 3000; exec "$@"', 'sh', ...lab.words({}, 'ulimit -n')],
      {
        cwd: lab.directory,
        uid: lab.uid,
        gid: lab.uid,
      },
    );
    expect(stdout).toBe('3000');
  });

  /** Mounts of one namespace hold nobody in another: callers must know. */
  test('no longer holds what this host replaces', async () => {
    const lab = await jailLab();
    await writeFile(join(lab.source, 'config'), 'one');
    await lab.give();
    await writeFile(join(lab.directory, 'new'), 'two');
    const jail = execa(
      ...lab.command(
        { readOnlyPaths: ['config'] },
        `echo up; read line; echo bad >at/config && echo written`,
      ),
    );
    await new Promise((resolve) => jail.stdout.once('data', resolve));
    await rename(join(lab.directory, 'new'), join(lab.source, 'config'));
    await lab.give();
    jail.stdin.end('go\n');
    expect((await jail).stdout).toBe('up\nwritten');
  });

  test('and its peer talk to each other and end together', async () => {
    const lab = await jailLab();
    await writeFile(join(lab.source, 'file'), 'shared');
    const peer = ['sh', '-c', 'read line; echo "$line" >said; exec sleep 1000'];
    await lab.run(
      { ownRoot: ['/bin/sh', '/bin/cat', '/bin/sleep'], peer },
      'cat /share/file; echo; sleep 0.3',
    );
    expect(await readFile(join(lab.directory, 'said'), 'utf8')).toBe('shared\n');
    const ending = ['sh', '-c', 'echo question; read answer; echo "$answer" >said'];
    await lab.run(
      { ownRoot: ['/bin/sh', '/bin/sleep'], peer: ending },
      'read line; echo "$line!"; exec sleep 1000',
    );
    expect(await readFile(join(lab.directory, 'said'), 'utf8')).toBe('question!\n');
  });
});

interface JailLab {
  directory: string;
  source: string;
  uid: number;
  /** Makes the user the owner of all that is there by now. */
  give(): Promise<void>;
  words(input: Partial<JailInput>, script: string, ...args: string[]): string[];
  command(
    input: Partial<JailInput>,
    script: string,
    ...args: string[]
  ): [string, string[], { cwd: string; uid: number; gid: number }];
  /** @returns what a script of sh, run in a jail by the guest's user, says */
  run(input: Partial<JailInput>, script: string, ...args: string[]): Promise<string>;
}

async function jailLab(who = 'root'): Promise<JailLab> {
  const temporary = await temporaryDirectory();
  onTestFinished(() => temporary[Symbol.asyncDispose]());
  const directory = join(temporary.path, 'lab');
  const source = join(directory, ODD, 'source');
  await mkdir(source, { recursive: true });
  const uid = isRoot ? (who === 'root' ? 0 : PLAIN) : (process.getuid?.() ?? 0);
  const give = async (): Promise<void> => {
    if (!isRoot) return;
    for (const path of [
      directory,
      ...(await readdir(directory, { recursive: true })).map((name) => join(directory, name)),
    ])
      if (!(await lstat(path)).isSymbolicLink()) await chown(path, uid, uid);
  };
  await give();
  if (isRoot) await execa('chmod', ['755', temporary.path]);
  const words: JailLab['words'] = (input, script, ...args) => {
    const { file, args: jail } = planJail({
      source,
      at: 'at',
      ownRoot: [],
      readOnly: false,
      hidden: [],
      readOnlyPaths: [],
      ids: uid === 0 ? ['1000 0 1', '0 2000000000 1'] : [`1000 ${uid} 1`],
      runAs: 1000,
      capable: false,
      ...input,
      program: ['sh', '-c', script, 'sh', ...args],
    });
    return [file, ...jail];
  };
  const command: JailLab['command'] = (...call) => {
    const [file = '', ...args] = words(...call);
    return [file, args, { cwd: directory, uid, gid: uid }];
  };
  return {
    directory,
    source,
    uid,
    give,
    words,
    command,
    run: async (...call) => {
      const [file, args, options] = command(...call);
      const { exitCode, stdout, stderr } = await execa(file, args, { ...options, reject: false });
      if (exitCode !== 0) throw new Error(`${exitCode}: ${stderr}`);
      return stdout === '' ? '' : `${stdout}\n`;
    },
  };
}

/** Has a link in the place of a directory. */
async function link(path: string): Promise<void> {
  await rename(path, `${path}.real`);
  await symlink(`${path}.real`, path);
}

async function works(): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  if (isRoot) return true;
  const { exitCode } = await execa('unshare', ['-Urm', 'true'], { reject: false });
  return exitCode === 0;
}
