import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MachineStatus } from '../../src/workspace/status.ts';
import { cannotBoot, guestImage } from '../support/guest-image.ts';
import { testDriver, THAWED } from '../support/test-driver.ts';
import { userOf } from '../support/user-of.ts';
import type { User } from '../support/user-of.ts';
import { workspaceSandbox } from '../support/workspace-sandbox.ts';
import type { WorkspaceSandbox } from '../support/workspace-sandbox.ts';

/** Whoever takes one of these for words of a shell makes a file `x`. */
const AWKWARD = `-o, it's "q" $(touch x) \`touch x\`;touch x\n\\ %s * ü 世界 `;
const GARBAGE = Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 97 + 255) & 255));

describe.skipIf(cannotBoot !== undefined)(
  `names and code of all kinds in a workspace (skipped ${cannotBoot ?? 'never'})`,
  () => {
    let sandbox: WorkspaceSandbox;
    let workspace = '';
    let user: User;
    let machine: object;
    let started = false;

    beforeAll(async () => {
      const image = await guestImage('systemd');
      sandbox = await workspaceSandbox(image);
      machine = {
        image: image.id,
        driver: testDriver.name,
        resources: { vcpus: 1, memoryMB: 384 },
        network: { mode: 'off' },
      };
      workspace = join(sandbox.directory, 'workspaces', `w${AWKWARD}`);
      await mkdir(join(workspace, AWKWARD), { recursive: true });
      user = userOf(sandbox, workspace);
    });
    afterAll(async () => {
      await sandbox?.[Symbol.asyncDispose]();
    });

    /**
     * Begins anew with another config.
     * @param code fields of it, in the words of JavaScript
     */
    const configure = async (code: string): Promise<void> => {
      // A config that changes while the machine is up would be taken for the machine's doing.
      if (started) await user.does(['reset', '--force']);
      started = true;
      await writeFile(
        join(workspace, 'dewar.config.js'),
        `import { existsSync, readFileSync } from 'node:fs';
        export default { name: 'awkward', ...${JSON.stringify(machine)}, ${code} };`,
      );
    };
    const state = async (): Promise<MachineStatus | undefined> =>
      (await user.json<{ machines: MachineStatus[] }>(['status'])).machines[0];

    const stateOf = async (): Promise<string | undefined> => (await state())?.state;

    test('paths of this host and of the guest are names and nothing else', async () => {
      const source = join(sandbox.directory, AWKWARD);
      await mkdir(source);
      await writeFile(join(source, 'f'), 'from the host\n');
      await writeFile(join(workspace, AWKWARD, 'here'), '');
      const target = `~/t/${AWKWARD}`;
      await configure(
        `mounts: [{ source: '.', target: '~/workspace' }, { source: ${JSON.stringify(`../../${AWKWARD}`)}, target: ${JSON.stringify(target)} }],
        scripts: [{ name: ${JSON.stringify(AWKWARD.split('\n')[0])}, run: 'echo ran >>~/ran' }]`,
      );
      const { stdout, stderr } = await user.dewar(['up']);
      expect(stdout).toMatch(/^awkward: booted/);
      expect(stderr).not.toContain('warning');
      const inside = { cwd: join(workspace, AWKWARD) };
      expect(await user.does(['run', 'pwd'], inside)).toBe(`/home/dewar/workspace/${AWKWARD}\n`);
      expect(await user.does(['run', 'ls'], inside)).toBe('here\n');
      expect(await user.does(['run', 'cat', `/home/dewar/t/${AWKWARD}/f`])).toBe('from the host\n');
      await user.does([
        'run',
        'sh',
        '-c',
        'echo from the guest >"$1"',
        'sh',
        `/home/dewar/t/${AWKWARD}/${AWKWARD}`,
      ]);
      expect(await readFile(join(source, AWKWARD), 'utf8')).toBe('from the guest\n');
      expect(await user.does(['run', '-w', `~/t/${AWKWARD}`, 'pwd'])).toBe(`/home/dewar/t/${AWKWARD}\n`);
      expect(await user.inGuest('cat ~/ran')).toBe('ran');
    });

    test('so are those of mount, unmount and status', async () => {
      const source = join(sandbox.directory, AWKWARD);
      await user.does(['mount', '--readonly', source, `/srv/${AWKWARD}`]);
      expect(await user.does(['run', 'cat', `/srv/${AWKWARD}/f`])).toBe('from the host\n');
      // By its own name in the home, from where it is.
      await user.does(['mount', '-C', workspace, '--', AWKWARD], { cwd: sandbox.directory });
      expect(await user.does(['run', 'cat', `/home/dewar/${AWKWARD}/f`])).toBe('from the host\n');
      expect((await state())?.running?.mounts.map(({ target }) => target)).toEqual([
        '~/workspace',
        `~/t/${AWKWARD}`,
        `/srv/${AWKWARD}`,
        `~/${AWKWARD}`,
      ]);
      expect(await user.does(['status'])).toContain('awkward');
      await user.does(['unmount', `/srv/${AWKWARD}`]);
      await user.does(['unmount', '--', `~/${AWKWARD}`]);
      expect(await user.inGuest('ls -A /srv/*')).toBe('');
    });

    test.each(['../up', '-x', '', 'A', 'a b', '$(touch x)', 'a/b', 'ü', 'a'.repeat(33), 'a\n'])(
      'a machine cannot be called %j',
      async (name) => {
        expect(await user.refused(['fork', '--', name])).toMatchObject({ exitCode: 1, code: 'USAGE' });
        expect(await user.refused(['down', `--machine=${name}`])).toMatchObject({ code: 'USAGE' });
      },
    );

    test.each(['relative', '~', '/', '/proc/x', '~/.ssh/x', '~/../x', '/run', '/a/../../b'])(
      'nothing is mounted at %j',
      async (target) => {
        expect(await user.refused(['mount', '.', target])).toMatchObject({ code: 'USAGE' });
      },
    );

    test('nobody took any of them for a command', async () => {
      expect(await user.inGuest('sudo find / -xdev -name x -newer /etc/hostname')).toBe('');
      const made = await readdir(sandbox.directory, { recursive: true });
      expect(made.filter((path) => path === 'x' || path.endsWith('/x'))).toEqual([]);
      expect(await user.does(['down'])).toBe('awkward: down\n');
      expect(await sandbox.leftovers()).toEqual([]);
    });

    test('scripts of plugins that fail, hang or are garbage are warned of; those of the user run', async () => {
      await writeFile(join(workspace, 'garbage'), GARBAGE);
      await configure(
        `plugins: [{ name: 'broken', scripts: [
          { name: 'fails', run: 'echo why >&2; exit 3' },
          { name: 'hangs', run: 'trap "" TERM INT HUP; while :; do sleep 4717; done', timeoutSeconds: 2 },
          { name: 'garbage', path: ${JSON.stringify(join(workspace, 'garbage'))} },
          { name: 'dies', run: 'kill -9 $$' },
          { name: 'interpreter', run: '#!/no/such/program' },
        ] }],
        scripts: [{ name: 'good', run: 'echo good >~/good' }]`,
      );
      const up = await user.dewar(['up']);
      expect([up.exitCode, up.stdout]).toEqual([
        0,
        expect.stringMatching(
          new RegExp(
            `${THAWED}.*\\nscripts failed: fails, hangs, garbage, dies, interpreter; see dewar logs\\n$`,
            's',
          ),
        ),
      ]);
      const warnings = up.stderr.split('\n').filter((line) => line.startsWith('warning SCRIPT_FAILED'));
      expect(
        warnings.map((line) => line.replace(/^warning SCRIPT_FAILED: the script (.*); see .*$/, '$1')),
      ).toEqual([
        'fails of plugin broken failed: it ended with exit code 3',
        'hangs of plugin broken failed: it had not ended after 2 s, and was ended',
        expect.stringMatching(/^garbage of plugin broken failed: it ended with exit code \d+$/),
        'dies of plugin broken failed: it ended with exit code 137',
        expect.stringMatching(/^interpreter of plugin broken failed: it ended with exit code 12[67]$/),
      ]);
      expect(await user.inGuest('cat ~/good')).toBe('good');
      // The connection that was ended at the deadline takes what it started with it.
      await expect
        .poll(() => user.inGuest('pgrep -fx "sleep 4717" || echo none'), { timeout: 60_000 })
        .toBe('none');
      expect(await user.does(['logs', 'fails'])).toContain('why');
      expect((await state())?.running?.failed_scripts).toHaveLength(5);
    });

    test('a script of the user that fails: the machine is up, nothing after it runs', async () => {
      await configure(
        `scripts: [{ name: 'bad', run: 'echo because >&2; false; echo not here' }, { name: 'later', run: 'touch ~/later' }],
        hooks: { postUp: ['touch post-up'] }`,
      );
      expect(await user.refused(['up'])).toMatchObject({
        exitCode: 1,
        code: 'SCRIPT_FAILED',
        message:
          'the script bad failed: it ended with exit code 1; the machine is up, later scripts and hooks did not run',
      });
      expect(await user.inGuest('ls ~/later post-up 2>/dev/null; true')).toBe('');
      expect(await state()).toMatchObject({ state: 'up', running: { failed_scripts: ['bad'] } });
      expect(await user.does(['logs', 'bad'])).toBe('because\n');
      expect(await user.does(['up'])).toMatch(/already up.*\nscripts failed: bad/);
    });

    test('a script that is missing, or no file: nothing starts', async () => {
      for (const path of ['no/such', '.', '/dev/zero', `${AWKWARD}/nothing`]) {
        await configure(`scripts: [${JSON.stringify(path)}]`);
        expect(await user.refused(['up'])).toMatchObject({ code: 'SCRIPT_MISSING' });
      }
      // Commands on what is there already do without.
      expect(await user.does(['down'])).toBe('awkward: was down\n');
      expect(await sandbox.leftovers()).toEqual([]);
    });

    test('hooks that fail or throw are warned of, at each moment; the others run', async () => {
      const moments = ['preUp', 'postUp', 'preDown', 'postDown'];
      const hooks = moments.map(
        (moment) =>
          `${moment}: ['echo oh no >&2; exit 3', () => { throw new Error('thrown') }, async () => { await null; throw 'text'; }, 'echo "$DEWAR_HOOK" >>hooks', 'kill -9 $$']`,
      );
      await configure(`hooks: { ${hooks.join(', ')} }`);
      const up = await user.dewar(['up']);
      const down = await user.dewar(['down']);
      expect([up.exitCode, up.stdout, down.exitCode, down.stdout]).toEqual([
        0,
        expect.stringMatching(new RegExp(`^awkward: ${THAWED}`)),
        0,
        'awkward: down\n',
      ]);
      const warned = (`${up.stderr}${down.stderr}`.match(/^warning HOOK_FAILED: .*$/gm) ?? []).map((line) =>
        line.slice(21),
      );
      expect(warned).toEqual(
        ['pre-up', 'post-up', 'pre-down', 'post-down'].flatMap((moment) =>
          ['exit code 3: oh no', 'thrown', 'text', 'exit code 137'].map(
            (why) => `the ${moment} hook of the config failed: ${why}`,
          ),
        ),
      );
      expect(await readFile(join(workspace, 'hooks'), 'utf8')).toBe('pre-up\npost-up\npre-down\npost-down\n');
      expect(await sandbox.leftovers()).toEqual([]);
    });

    test('hooks that hang, commands and functions: Ctrl-C ends them', async () => {
      const file = join(workspace, 'hang');
      const command = '[ "$(cat hang)" != "command $DEWAR_HOOK" ] || { echo hangs; sleep 4718; }';
      const hooks = Object.entries({ preUp: 'pre-up', postUp: 'post-up', preDown: 'pre-down' }).map(
        ([moment, name]) => `${moment}: [${JSON.stringify(command)}, ({ say }) => {
          if (readFileSync(${JSON.stringify(file)}, 'utf8') !== 'function ${name}') return;
          say('hangs');
          return new Promise(() => undefined);
        }]`,
      );
      await configure(`hooks: { ${hooks.join(', ')} }`);
      for (const [hangs, word, state] of [
        ['command pre-up', 'up', 'down'],
        ['function pre-up', 'up', 'down'],
        ['function post-up', 'up', 'up'],
        ['function pre-down', 'down', 'up'],
        ['command pre-down', 'down', 'up'],
      ] as const) {
        await writeFile(file, hangs);
        const running = await user.startUntil('hangs', [word]);
        process.kill(running.pid, 'SIGINT');
        const { exitCode, stderr } = await running.ended;
        expect([hangs, exitCode, stderr, await stateOf()]).toEqual([
          hangs,
          130,
          expect.stringContaining('error INTERRUPTED: interrupted by SIGINT'),
          state,
        ]);
        expect(await sandbox.processes('sleep 4718')).toEqual([]);
      }
      expect(await user.inGuest('echo good')).toBe('good');
      expect(await user.does(['down', '--force'])).toBe('awkward: down\n');
      expect(await sandbox.leftovers()).toEqual([]);
    });

    test('a hook that ends the process: what was made is known', async () => {
      await configure(
        "hooks: { preUp: [() => existsSync('exit-now') && process.exit(7)], postUp: [() => process.exit(8)] }",
      );
      expect((await user.dewar(['up'])).exitCode).toBe(8);
      expect(await state()).toMatchObject({ state: 'up' });
      expect(await user.does(['down'])).toBe('awkward: down\n');
      await writeFile(join(workspace, 'exit-now'), '');
      expect((await user.dewar(['up'])).exitCode).toBe(7);
      expect(await state()).toMatchObject({ state: 'down' });
      expect(await sandbox.leftovers()).toEqual([]);
    });

    test.each([
      ['throws', "throw new Error('no');", 'CONFIG_FAILED'],
      ['ends the process', 'process.exit(0);', 'CONFIG_FAILED'],
      ['is another program', "process.kill(process.pid, 'SIGKILL');", undefined],
    ])('a config that %s: nothing starts', async (_, code, error) => {
      await writeFile(join(workspace, 'dewar.config.js'), `${code}\nexport default {};`);
      const up = await user.dewar(['up']);
      expect([up.exitCode, up.stdout]).toEqual([error === undefined ? undefined : 1, '']);
      expect(up.stderr).toContain(error === undefined ? '' : `error ${error}: `);
      expect(await sandbox.leftovers()).toEqual([]);
    });
  },
);
