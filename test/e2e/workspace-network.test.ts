import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cannotBoot, guestImage } from '../support/guest-image.ts';
import { DEWAR } from '../support/image-cli.ts';
import { INTERNET, networkLab } from '../support/network-lab/network-lab.ts';
import type { NetworkLab } from '../support/network-lab/network-lab.ts';
import { whyNoLab } from '../support/network-lab/why-no-lab.ts';
import { THAWED } from '../support/test-driver.ts';
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
  let tap = 'yes';

  const start = (...args: string[]) => {
    const { PATH = '', ...others } = sandbox.env;
    const env = { ...others, PATH, DEWAR_TAP: tap };
    const own = { DEWAR_NETWORKS: lab.access.root, DEWAR_RESOLV_CONF: lab.access.resolvFile };
    const [program = '', ...words] = [...lab.onHost, process.execPath, DEWAR, ...args];
    const options = { cwd: project, env: { ...env, ...own }, extendEnv: false, reject: false } as const;
    return execa(program, words, options);
  };
  const dewar = async (...args: string[]): Promise<Said> => {
    const { exitCode, stdout, stderr } = await start(...args);
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
  /** As programs do that know of a proxy. */
  const byProxy = (host: string): Promise<string> =>
    inGuest(
      `exec 3<>/dev/tcp/127.0.0.1/3128 && printf 'GET http://${host}/bytes/5 HTTP/1.1\\r\\nHost: ${host}\\r\\n\\r\\n' >&3 && tail -n 1 <&3`,
    );
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
    expect(await json('fork', 'review')).toMatchObject({ how: THAWED, slot: 1 });
    const of = ['--machine', 'review'];
    expect(await get('allowed.example', ...of)).toBe('xxxxx');
    expect(await get('denied.example', ...of)).toMatch(/Name or service not known/);
    expect(await get(INTERNET.denied, ...of)).toMatch(/Connection refused/);
    const address = 'ip -o -4 address show scope global | grep -o "inet [0-9.]*"';
    expect(await inGuest(address, ...of)).toBe('inet 198.18.77.6');
    expect(await inGuest(address)).toBe('inet 198.18.77.2');
  });

  test('two that thaw at once have the same memory, and addresses of their own', async () => {
    const names = ['left', 'right'];
    const forks = await Promise.all(names.map((name) => json<{ how: string; slot: number }>('fork', name)));
    expect(forks.map(({ how }) => how)).toEqual([THAWED, THAWED]);
    expect(forks.map(({ slot }) => slot).toSorted((a, b) => a - b)).toEqual([2, 3]);
    const address = 'ip -o -4 address show scope global | grep -o "inet [0-9.]*"';
    for (const [index, name] of names.entries()) {
      const of = ['--machine', name];
      expect(await inGuest(address, ...of)).toBe(`inet 198.18.77.${4 * (forks[index]?.slot ?? 0) + 2}`);
      expect(await get('allowed.example', ...of)).toBe('xxxxx');
      expect(await get(INTERNET.denied, ...of)).toMatch(/Connection refused/);
      await json('down', '--force', ...of);
    }
    expect(await lab.inHost('nft', 'list', 'tables')).not.toMatch(/dewar-0[23]/);
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

  test.each([0, 700, 4000])(
    'of an up that is killed %d ms after its network is there, status leaves nothing',
    async (ms) => {
      const up = start('up');
      const isThere = async (): Promise<boolean> =>
        (await lab.inHost('nft', 'list', 'tables')).includes('dewar-00');
      for (const end = performance.now() + 60_000; performance.now() < end && !(await isThere());)
        await sleep(20);
      await sleep(ms);
      up.kill('SIGKILL');
      await up;
      await json('status');
      expect(await sandbox.leftovers()).toEqual([]);
      expect(await lab.leftovers()).toEqual([]);
      expect(await lab.state()).toBe(before);
    },
  );

  test('where there can be no TAP, a proxy lets the same through', async () => {
    tap = 'no';
    const { exitCode, stderr } = await dewar('up');
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr: expect.stringContaining('by a proxy alone') as string,
    });
    expect(await inGuest('echo $https_proxy $HTTP_PROXY')).toBe(
      'http://127.0.0.1:3128 http://127.0.0.1:3128',
    );
    expect(await byProxy('allowed.example')).toBe('xxxxx');
    expect(await byProxy('denied.example')).toBe(
      'dewar: denied.example:80 is denied: denied.example is below none of the domains',
    );
    expect(await byProxy('self.allowed.example')).toContain('is this host');
    // Beside it there is nothing.
    for (const host of [INTERNET.allowed, INTERNET.denied, INTERNET.lan, '10.0.2.2'])
      expect(
        await inGuest(`timeout 5 bash -c 'exec 3<>/dev/tcp/${host}/80' && echo reached; true`),
      ).not.toContain('reached');
    expect(await inGuest('getent hosts denied.example; echo $?')).toBe('2');
  });

  test('the commands know of the proxy', async () => {
    expect(await json('network', 'status')).toMatchObject({
      mode: 'filtered',
      by: 'proxy',
      domains: ['allowed.example'],
      names: { allowed: 1, denied: 2 },
    });
    expect(await json<NetworkLogData>('network', 'log', '--denied')).toMatchObject({
      names: [
        { name: 'denied.example', verdict: 'denied', count: 1 },
        { name: 'self.allowed.example', verdict: 'private', count: 1 },
      ],
      addresses: [],
    });
    expect((await dewar('network', 'test', 'second.example:80')).exitCode).toBe(1);
    await json('network', 'allow', 'second.example');
    expect((await dewar('network', 'test', 'second.example:80')).exitCode).toBe(0);
  });

  test('the proxy goes with its machine', async () => {
    const { machines } = await json<{ machines: { running: { pid: number } | null }[] }>('status');
    process.kill(machines[0]?.running?.pid ?? 0, 'SIGKILL');
    await json('status');
    expect(await sandbox.leftovers()).toEqual([]);
    expect(await lab.state()).toBe(before);
  });
});
