import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cannotBoot, guestImage } from '../support/guest-image.ts';
import { DEWAR } from '../support/image-cli.ts';
import { INTERNET, networkLab } from '../support/network-lab/network-lab.ts';
import type { NetworkLab } from '../support/network-lab/network-lab.ts';
import { whyNoLab } from '../support/network-lab/why-no-lab.ts';
import { workspaceSandbox } from '../support/workspace-sandbox.ts';
import type { WorkspaceSandbox } from '../support/workspace-sandbox.ts';

const why = cannotBoot ?? (await whyNoLab());

interface NetworkLogData {
  names: unknown[];
  addresses: unknown[];
}

interface Said {
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
}

// One story, in order, on a host and with an internet of its own.
describe.skipIf(why !== undefined)(`the network of a machine (skipped: ${why ?? 'never'})`, () => {
  let lab: NetworkLab;
  let sandbox: WorkspaceSandbox;
  let project = '';
  let before = '';

  const dewar = async (...args: string[]): Promise<Said> => {
    const { PATH = '', ...others } = sandbox.env;
    const env = { ...others, PATH, DEWAR_TAP: 'yes' };
    const own = { DEWAR_NETWORKS: lab.access.root, DEWAR_RESOLV_CONF: lab.access.resolvFile };
    const [program = '', ...words] = [...lab.onHost, process.execPath, DEWAR, ...args];
    const options = { cwd: project, env: { ...env, ...own }, extendEnv: false, reject: false } as const;
    const { exitCode, stdout, stderr } = await execa(program, words, options);
    return { exitCode, stdout, stderr };
  };
  const json = async <T>(...args: string[]): Promise<T> => {
    const { exitCode, stdout, stderr } = await dewar(...args, '--json');
    if (exitCode !== 0) throw new Error(`dewar ${args.join(' ')}: ${stderr}`);
    return JSON.parse(stdout) as T;
  };
  const inGuest = async (script: string, ...options: string[]): Promise<string> => {
    const { stdout, stderr } = await dewar('run', ...options, '--', 'bash', '-c', script);
    return `${stdout}\n${stderr}`.trim();
  };
  const get = (host: string, ...options: string[]): Promise<string> =>
    inGuest(
      `exec 3<>/dev/tcp/${host}/80 && printf 'GET /bytes/5 HTTP/1.0\\r\\n\\r\\n' >&3 && tail -c 5 <&3`,
      ...options,
    );

  beforeAll(async () => {
    lab = await networkLab();
    sandbox = await workspaceSandbox(await guestImage('systemd'));
    project = await sandbox.workspace('project', {
      network: { mode: 'filtered', domains: ['allowed.example'] },
    });
    before = await lab.state();
  });
  afterAll(async () => {
    await sandbox[Symbol.asyncDispose]();
    await lab[Symbol.asyncDispose]();
  });

  test('up: the guest reaches what its config allows, by name, and nothing else', async () => {
    const { exitCode, stderr } = await dewar('up');
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr: expect.not.stringContaining('warning') as string,
    });
    expect(await get('allowed.example')).toBe('xxxxx');
    expect(await get('denied.example')).toMatch(/Name or service not known/);
    expect(await get(INTERNET.denied)).toMatch(/Connection refused/);
    expect(await get(INTERNET.lan)).toMatch(/Connection refused/);
    expect(await inGuest(`exec 3<>/dev/tcp/${INTERNET.host}/22`)).toMatch(/Connection refused/);
    expect(await lab.internet.ask('asked')).not.toContain('denied.example');
  });

  test('a fork thaws, with a network and addresses of its own, in force as well', async () => {
    expect(await json('fork', 'review')).toMatchObject({ how: 'thawed', slot: 1 });
    const of = ['--machine', 'review'];
    expect(await get('allowed.example', ...of)).toBe('xxxxx');
    expect(await get('denied.example', ...of)).toMatch(/Name or service not known/);
    expect(await get(INTERNET.denied, ...of)).toMatch(/Connection refused/);
    const address = 'ip -o -4 address show scope global | grep -o "inet [0-9.]*"';
    expect(await inGuest(address, ...of)).toBe('inet 198.18.77.6');
    expect(await inGuest(address)).toBe('inet 198.18.77.2');
  });

  test('what was denied is counted, shown, and may be allowed without a restart', async () => {
    expect(await json('network', 'status')).toMatchObject({
      machine: 'project',
      mode: 'filtered',
      tap: 'dewar-00',
      domains: ['allowed.example'],
      ports: [80, 443],
      names: { allowed: 1, denied: expect.any(Number) as number },
      open: [INTERNET.allowed],
    });
    const log = await json<NetworkLogData>('network', 'log', '--denied');
    expect(log.names).toEqual(
      expect.arrayContaining([
        { name: 'denied.example', verdict: 'denied', count: expect.any(Number) as number },
      ]),
    );
    expect(log.addresses).toEqual(
      expect.arrayContaining([
        { address: INTERNET.lan, protocol: 'tcp', port: 80, verdict: 'denied', count: 1 },
        { address: INTERNET.host, protocol: 'tcp', port: 22, verdict: 'denied', count: 1 },
      ]),
    );
    const tested = async (target: string): Promise<unknown> =>
      JSON.parse((await dewar('network', 'test', target, '--json')).stdout);
    expect(await tested('second.example:80')).toMatchObject({
      reached: false,
      allowed: false,
      why: 'second.example is below none of the domains',
      said: expect.stringContaining('Name or service not known') as string,
    });
    expect(await json('network', 'allow', 'second.example')).toEqual({
      machine: 'project',
      domains: ['allowed.example', 'second.example'],
    });
    expect(await tested('second.example:80')).toMatchObject({ reached: true, allowed: true });
    expect(await tested('second.example:22')).toMatchObject({ reached: false, allowed: false });
    // Of this machine alone.
    expect(await get('second.example', '--machine', 'review')).toMatch(/Name or service not known/);
    expect((await dewar('network', 'log')).stdout).toContain('second.example');
    expect((await dewar('network', 'allow', 'bad_name')).stderr).toContain('USAGE');
  });

  test('a QEMU that is killed takes its network with it', async () => {
    const { machines } = await json<{ machines: { name: string; running: { pid: number } }[] }>('status');
    const fork = machines.find(({ name }) => name.includes('review'));
    process.kill(fork?.running.pid ?? 0, 'SIGKILL');
    await json('status');
    expect(await lab.inHost('nft', 'list', 'tables')).not.toContain('dewar-01');
    expect(await lab.inHost('ip', '-o', 'link')).not.toContain('dewar-01');
    expect(await get('allowed.example')).toBe('xxxxx');
  });

  test('down: the host is as it was', async () => {
    await json('down');
    expect(await sandbox.leftovers()).toEqual([]);
    expect(await lab.leftovers()).toEqual([]);
    expect(await lab.state()).toBe(before);
  });

  test('where there can be no TAP, up says what that means', async () => {
    await writeFile(join(project, '.env-of-test'), '');
    const { stderr } = await sandbox.dewar(project, 'up', '--no-snapshot');
    expect(stderr).toContain('the guest reaches nothing, as it has no network of its own: DEWAR_TAP is no');
    await sandbox.dewar(project, 'down', '--force');
  });
});
