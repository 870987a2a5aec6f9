import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { UpResult } from '../../src/workspace/up.ts';
import { needlesOf, searchBytes, searchFiles, watchProcesses } from '../support/find-secrets.ts';
import type { Needle } from '../support/find-secrets.ts';
import { cannotBoot, guestImage } from '../support/guest-image.ts';
import { DEWAR } from '../support/image-cli.ts';
import { testDriver, THAWED } from '../support/test-driver.ts';
import { userOf } from '../support/user-of.ts';
import type { User } from '../support/user-of.ts';
import { workspaceSandbox } from '../support/workspace-sandbox.ts';
import type { WorkspaceSandbox } from '../support/workspace-sandbox.ts';

const [IN_CONFIG, IN_VARIABLE, MISTYPED] = [1, 2, 3].map(
  () => `s3cr3t${randomBytes(15).toString('hex')}`,
) as [string, string, string];
const VALUE = `it's "${IN_CONFIG}" $HOME \\ \`id\`\n世界\n`;
const ENV_NEEDLES = [
  ...needlesOf('env of the config', IN_CONFIG),
  ...needlesOf('env of a variable', IN_VARIABLE),
];

describe.skipIf(cannotBoot !== undefined)(`secrets of a workspace (skipped ${cannotBoot ?? 'never'})`, () => {
  let sandbox: WorkspaceSandbox;
  let workspace = '';
  let user: User;
  let scratch = '';
  let up: UpResult;
  let keyNeedles: Needle[] = [];
  const said: Buffer[] = [];
  const needles = (): Needle[] => [...ENV_NEEDLES, ...keyNeedles];
  const began = Date.now();

  beforeAll(async () => {
    const image = await guestImage('systemd');
    sandbox = await workspaceSandbox(image);
    scratch = join(sandbox.directory, 'scratch');
    workspace = join(sandbox.directory, 'project');
    await mkdir(scratch);
    await mkdir(workspace);
    Object.assign(sandbox.env, { TMPDIR: scratch, HOST_SECRET: IN_VARIABLE });
    await writeFile(
      join(workspace, 'dewar.config.js'),
      `import { fromEnv } from 'dewar';
      export default {
        image: '${image.id}',
        driver: '${testDriver.name}',
        resources: { vcpus: 1, memoryMB: 512 },
        network: { mode: 'off' },
        env: { TOKEN: ${JSON.stringify(VALUE)}, FROM_HOST: fromEnv('HOST_SECRET') },
        scripts: [{ name: 'look', run: 'test -n "$TOKEN" && echo has it' }],
        hooks: { postUp: ['test -n "$HOST_SECRET"', async ({ guest }) => { await guest.run(['true']); }] },
      };`,
    );
    user = userOf(sandbox, workspace, {
      onSaid: ({ bytes, stderr }) => said.push(bytes, Buffer.from(stderr)),
    });
  });

  afterAll(async () => {
    await sandbox?.[Symbol.asyncDispose]();
  });

  /** Everything on this host that outlives a moment; the config has its secret in it, and `.dewar/ssh` the key. */
  async function searchHost(): Promise<{ found: string[]; bytes: number; files: string[] }> {
    const elsewhere = await madeSince('/tmp', began);
    const shared = (await madeSince('/dev/shm', began)).filter((path) => path !== sandbox.runtime);
    const places = [
      join(workspace, '.dewar'),
      sandbox.cache,
      sandbox.runtime,
      scratch,
      join(sandbox.directory, 'home'),
    ];
    const isKey = (path: string): boolean => path === join(workspace, '.dewar/ssh/id_ed25519');
    const isImage = (path: string): boolean => path.startsWith(join(sandbox.cache, 'images/'));
    return searchFiles(
      [...places, ...elsewhere, ...shared],
      needles(),
      (path) => isKey(path) || isImage(path),
    );
  }

  test('no process has them in its arguments, or in variables that are not the user’s own, while up', async () => {
    const watch = watchProcesses(ENV_NEEDLES, (line) => line.includes(DEWAR));
    const text = await user.does(['up', '--verbose']);
    const { found, looked } = await watch.stop();
    expect(text).toMatch(/^project: booted in/);
    // It has seen QEMU and mke2fs among others.
    expect(looked).toBeGreaterThan(20);
    expect(found).toEqual([]);
    up = await user.json<UpResult>(['up']);
    expect(up.how).toBe('running');
    const key = await readFile(join(workspace, '.dewar/ssh/id_ed25519'), 'utf8');
    keyNeedles = needlesOfKey(key);
  });

  test('they reach login shells, programs and files in the guest’s memory', async () => {
    const print = 'printf "%s\\0%s\\0" "$TOKEN" "$FROM_HOST"';
    const both = `${VALUE}\0${IN_VARIABLE}\0`;
    // What follows prints them, as it was asked to: that is none of dewar's doings.
    const quiet = userOf(sandbox, workspace);
    expect(await quiet.does(['run', 'sh', '-c', print])).toBe(both);
    expect(await quiet.does(['shell'], { input: print })).toBe(both);
    expect(await quiet.does(['run', '--root', '--', 'su', '-', 'dewar', '-c', print])).toBe(both);
    const files = '~/.env ~/.ssh/id_ed25519';
    expect(
      await user.inGuest(`stat -c "%a %U" ${files}; stat -f -c %T ${files}; ls -A ~/workspace/.dewar`),
    ).toBe('600 dewar\n600 dewar\ntmpfs\ntmpfs');
    const publicKey = await readFile(join(workspace, '.dewar/ssh/id_ed25519.pub'), 'utf8');
    expect(`${await user.inGuest('ssh-keygen -y -f ~/.ssh/id_ed25519')}\n`).toBe(publicKey);
    expect(await user.inGuest('ls /sys/block; cat /sys/block/*/serial 2>/dev/null')).not.toContain(
      'credentials',
    );
  });

  test('they are nowhere on this host while it is up', async () => {
    await user.inGuest('sync', '--root');
    const { found, files } = await searchHost();
    expect(found).toEqual([]);
    const looked = (end: string): boolean => files.some((path) => path.endsWith(end));
    for (const end of [
      '.dewar/root.qcow2',
      'memory.tar',
      'vmstate',
      'protocol.log',
      'console.log',
      'journal.json',
      'look.log',
    ])
      expect([end, looked(end)]).toEqual([end, true]);
    const watch = watchProcesses(needles(), (line) => line.includes(DEWAR));
    await user.does(['status', '--verbose']);
    expect((await watch.stop()).found).toEqual([]);
  });

  test.skipIf(THAWED !== 'thawed')('the memory of the saved machine is searched as it is', async () => {
    const booted = needlesOf('command line', 'dewar.credentials=wait').slice(0, 1);
    const { found } = await searchFiles([join(sandbox.cache, 'workspaces')], booted);
    expect(found).toEqual([
      expect.stringMatching(/memory\.tar: command line$/),
      expect.stringMatching(/standby\.json/),
    ]);
  });

  test('a search finds what was put anywhere', async () => {
    const base64 = Buffer.from(`x${IN_VARIABLE}y`).toString('base64');
    const boundary = Buffer.concat([Buffer.alloc((8 << 20) - 7), Buffer.from(IN_CONFIG)]);
    const planted: [string, string | Buffer][] = [
      [join(workspace, '.dewar/logs/planted'), base64],
      [join(sandbox.cache, testDriver.name, 'logs/planted'), boundary],
      [join(sandbox.cache, 'workspaces/standbys/planted'), Buffer.from(IN_VARIABLE).toString('hex')],
      [join(sandbox.runtime, 'dewar/planted'), IN_CONFIG],
      [join(scratch, 'planted'), await readFile(join(workspace, '.dewar/ssh/id_ed25519'))],
    ];
    for (const [path, bytes] of planted) {
      await mkdir(join(path, '..'), { recursive: true });
      await writeFile(path, bytes);
    }
    const { found } = await searchHost();
    const paths = new Set(found.map((hit) => hit.replace(/: [^:]*$/, '')));
    expect([...paths].toSorted()).toEqual(planted.map(([path]) => path).toSorted());
    for (const [path] of planted) await rm(path);
    const watch = watchProcesses(ENV_NEEDLES, () => false);
    await execa('sleep', ['1'], { env: { X: IN_CONFIG } });
    await execa('sh', ['-c', 'sleep 1', IN_VARIABLE]);
    expect((await watch.stop()).found).toEqual(
      expect.arrayContaining([
        'variables of sleep 1 : env of the config',
        expect.stringMatching(/^arguments of sh -c sleep 1 .*env of a variable$/),
      ]),
    );
  });

  test('a fork thaws without them, and gets them', async () => {
    const watch = watchProcesses(ENV_NEEDLES, (line) => line.includes(DEWAR));
    expect(await user.json(['fork', 'other', '-v'])).toMatchObject({ how: THAWED });
    expect((await watch.stop()).found).toEqual([]);
    expect(await user.inGuest('printf %s "$FROM_HOST" | sha256sum; sync', '-m', 'other')).toBe(
      await user.inGuest('printf %s "$FROM_HOST" | sha256sum'),
    );
    expect((await searchHost()).found).toEqual([]);
  });

  test('nothing that dewar prints has them', async () => {
    for (const args of [
      ['status'],
      ['status', '--json', '--verbose'],
      ['config'],
      ['config', '--origin', '--verbose'],
      ['config', '--origin', '--json'],
      ['logs'],
      ['logs', '--json'],
      ['logs', 'console', '--lines', '100000'],
      ['logs', 'monitor', '--lines', '100000'],
      ['up', '--verbose', '--progress', 'ndjson'],
    ])
      await user.does(args);
    await user.refused(['mount', '/no/such', '--verbose']);
    expect(Buffer.concat(said).length).toBeGreaterThan(10_000);
    expect(searchBytes(Buffer.concat(said), 'output', needles())).toEqual([]);
  });

  test.each([
    ['json', `{"env": {"TOKEN": "${MISTYPED}\\u0000"}}`],
    ['json', `{"env": {"TOKEN": {"value": "${MISTYPED}"}}}`],
    ['json', `{"env": {"TOKEN": ["${MISTYPED}"]}}`],
    ['json', `{"env": {"TOKEN": "${MISTYPED}",,}}`],
    ['json', `{"env": {"TOKEN": "${MISTYPED}}}`],
    ['json', `{"env": "${MISTYPED}"}`],
    ['yaml', `env:\n  TOKEN: "${MISTYPED}\n  X: 1\n`],
    ['yaml', `env: {TOKEN: ${MISTYPED}, X: [}\n`],
    ['yaml', `env:\n  TOKEN: *${MISTYPED}\n`],
    ['js', `export default { env: { TOKEN: '${MISTYPED} } };`],
    ['js', `export default { env: { TOKEN: { secret: '${MISTYPED}' } } };`],
  ])('an error about a config does not show them: %s, case %#', async (format, text) => {
    const directory = join(sandbox.directory, `wrong-${randomBytes(4).toString('hex')}`);
    await mkdir(directory);
    await writeFile(join(directory, `dewar.config.${format}`), text);
    const { exitCode, stdout, stderr } = await user.dewar(['up', '--verbose'], { cwd: directory });
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^error [A-Z_]+: /m);
    expect(searchBytes(Buffer.from(stderr), 'errors', needlesOf('mistyped', MISTYPED))).toEqual([]);
  });

  test('they are nowhere on this host when it is down; what the guest writes down itself is on its disk', async () => {
    await user.inGuest('printf %s "$FROM_HOST" >~/written', '-m', 'other');
    for (const more of [[], ['-m', 'other']]) await user.does(['down', '--verbose', ...more]);
    expect((await searchHost()).found).toEqual([
      `${join(workspace, '.dewar/forks/other/root.qcow2')}: env of a variable`,
    ]);
    expect(await sandbox.leftovers()).toEqual([]);
    expect(searchBytes(Buffer.concat(said), 'output', needles())).toEqual([]);
  });
});

/** Of a private key as OpenSSH writes it: the seed, and lines that only it has. */
function needlesOfKey(text: string): Needle[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('-----'));
  const bytes = Buffer.from(lines.join(''), 'base64');
  // …, length 64, seed and public key, then the comment: the seed is after the second time that the public key was named.
  const at = bytes.lastIndexOf(Buffer.from([0, 0, 0, 64])) + 4;
  const seed = bytes.subarray(at, at + 32);
  return [
    ...needlesOf('seed of the key', seed),
    ...lines.slice(2, 4).flatMap((line) => needlesOf('the key', line)),
  ];
}

/** @returns paths of what dewar may have made there since then */
async function madeSince(directory: string, began: number): Promise<string[]> {
  const names = (await readdir(directory)).filter(
    (name) => name.startsWith('dewar') && !name.startsWith('dewar-test-'),
  );
  const paths = names.map((name) => join(directory, name));
  const stats = await Promise.all(paths.map((path) => stat(path).catch(() => undefined)));
  return paths.filter((_, index) => (stats[index]?.ctimeMs ?? 0) >= began);
}
