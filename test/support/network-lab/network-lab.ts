import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { NetworkAccess } from '../../../src/network/find-network-access.ts';
import { closeNetwork } from '../../../src/network/close-network.ts';
import { openNetwork } from '../../../src/network/open-network.ts';
import type { NetworkSpec } from '../../../src/network/open-network.ts';
import type { SlotNetwork } from '../../../src/network/plan-slot-network.ts';
import type { NetworkPolicy } from '../../../src/network/policy.ts';
import { agentIn } from './agent-in-namespace.ts';
import type { NetworkAgent } from './agent-in-namespace.ts';

/** The internet's own addresses, in a namespace: its router, which is also its DNS server; and hosts. */
export const INTERNET = {
  router: '45.10.0.1',
  host: '45.10.0.2',
  allowed: '45.11.0.1',
  other: '45.11.0.2',
  denied: '45.11.0.3',
  dns: '45.11.0.8',
  metadata: '169.254.169.254',
  lan: '192.168.50.2',
  lanHost: '192.168.50.1',
} as const;

const ZONE = {
  'allowed.example': [INTERNET.allowed],
  'www.allowed.example': [INTERNET.other],
  'alias.allowed.example': 'target.elsewhere.example',
  'target.elsewhere.example': [INTERNET.other],
  'private.allowed.example': [INTERNET.lan],
  'loopback.allowed.example': ['127.0.0.1'],
  'metadata.allowed.example': [INTERNET.metadata],
  'self.allowed.example': [INTERNET.host],
  'notallowed.example': [INTERNET.denied],
  'denied.example': [INTERNET.denied],
  'second.example': [INTERNET.other],
};

export interface Guest extends AsyncDisposable {
  network: SlotNetwork;
  agent: NetworkAgent;
  namespace: string;
  /** Of what stands in for QEMU. */
  pid: number;
  ip(...args: string[]): Promise<void>;
  pings(host: string): Promise<boolean>;
  /** Ends what stands in for QEMU, and waits until the network is gone. */
  end(signal?: NodeJS.Signals): Promise<void>;
}

/** A host, an internet and guests, each in a network namespace of its own: nothing of this host's network is touched. */
export interface NetworkLab extends AsyncDisposable {
  directory: string;
  access: NetworkAccess;
  /** Words before a command that runs it on the lab's host. */
  onHost: readonly string[];
  internet: NetworkAgent;
  /** Of the lab's host. */
  host: NetworkAgent;
  /** Of a network beside the host, with private addresses. */
  lan: NetworkAgent;
  inHost(program: string, ...args: string[]): Promise<string>;
  guest(slot: number, policy?: Partial<NetworkPolicy>, spec?: Partial<NetworkSpec>): Promise<Guest>;
  /** All of the host's network that a test may leave changed. */
  state(): Promise<string>;
  /** What runs, and is there, for networks. */
  leftovers(): Promise<string[]>;
}

export const FILTERED: NetworkPolicy = {
  mode: 'filtered',
  domains: ['allowed.example'],
  ports: [80, 443],
  ranges: [],
};

export const CABLE: string = join(import.meta.dirname, 'cable.pl');
const PING = join(import.meta.dirname, 'ping.pl');

export async function networkLab(): Promise<NetworkLab> {
  const directory = await mkdtemp(join(tmpdir(), 'dewar-test-net-'));
  // The resolver is nobody.
  await chmod(directory, 0o711);
  const runtime = join(directory, 'runtime');
  await mkdir(runtime, { mode: 0o700 });
  const id = `dewar-${process.pid}-${Date.now() % 1e7}`;
  const [hostName, internetName, lanName] = [`${id}-host`, `${id}-net`, `${id}-lan`];
  const namespaces = [hostName, internetName, lanName];
  for (const name of namespaces) await execa('ip', ['netns', 'add', name]);
  const inHost = async (program: string, ...args: string[]): Promise<string> =>
    (await execa('nsenter', [`--net=/run/netns/${hostName}`, program, ...args])).stdout;

  for (const name of namespaces) await ip(name, 'link', 'set', 'lo', 'up');
  const wire = async (device: string, name: string, addresses: [string, string]): Promise<void> => {
    await ip(hostName, 'link', 'add', device, 'type', 'veth', 'peer', 'eth0', 'netns', name);
    await ip(hostName, 'address', 'add', `${addresses[0]}/24`, 'dev', device);
    await ip(name, 'address', 'add', `${addresses[1]}/24`, 'dev', 'eth0');
    // No addresses that come by themselves, later.
    await ip(hostName, 'link', 'set', device, 'addrgenmode', 'none', 'up');
    await ip(name, 'link', 'set', 'eth0', 'addrgenmode', 'none', 'up');
  };
  await wire('eth0', internetName, [INTERNET.host, INTERNET.router]);
  await wire('eth1', lanName, [INTERNET.lanHost, INTERNET.lan]);
  await ip(hostName, 'route', 'add', 'default', 'via', INTERNET.router);
  await ip(lanName, 'route', 'add', 'default', 'via', INTERNET.lanHost);
  // Neighbours who would go through the host, if it let them.
  for (const range of ['192.168.50.0/24', '198.18.77.0/24'])
    await ip(internetName, 'route', 'add', range, 'via', INTERNET.host);
  for (const address of [INTERNET.allowed, INTERNET.other, INTERNET.denied, INTERNET.dns, INTERNET.metadata])
    await ip(internetName, 'address', 'add', `${address}/32`, 'dev', 'lo');
  await writeFile(join(directory, 'resolv.conf'), `nameserver ${INTERNET.router}\n`);

  const internet = agentIn(internetName);
  const host = agentIn(hostName);
  const lan = agentIn(lanName);
  await lan.ask('listen', { kind: 'http', port: 80 });
  await internet.ask('serveDns', { host: INTERNET.router, zone: ZONE });
  await internet.ask('listen', { kind: 'http', port: 80 });
  for (const port of [22, 443, 853, 8443]) await internet.ask('listen', { kind: 'tcp', port });
  for (const host of [INTERNET.allowed, INTERNET.denied])
    for (const port of [123, 443]) await internet.ask('listen', { kind: 'udp', host, port });
  await internet.ask('listen', { kind: 'udp', host: INTERNET.dns, port: 53 });
  await internet.ask('listen', { kind: 'tcp', host: INTERNET.dns, port: 53 });
  await host.ask('listen', { kind: 'tcp', port: 22 });
  await host.ask('listen', { kind: 'http', port: 8080 });
  await host.ask('listen', { kind: 'udp', port: 69 });

  const access: NetworkAccess = {
    asRoot: ['nsenter', `--net=/run/netns/${hostName}`],
    root: join(directory, 'networks'),
    resolvFile: join(directory, 'resolv.conf'),
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', XDG_RUNTIME_DIR: runtime },
  };
  const lab: NetworkLab = {
    directory,
    access,
    onHost: access.asRoot,
    internet,
    host,
    lan,
    inHost,
    async guest(slot, policy = {}, spec = {}) {
      const machine = `machine-${slot}`;
      const opened = await openNetwork(
        { slot, policy: { ...FILTERED, ...policy }, machine, log: join(directory, `${slot}.log`), ...spec },
        access,
      );
      const { network, lifeline } = opened;
      const namespace = `${id}-g${slot}`;
      await execa('ip', ['netns', 'add', namespace]);
      const cable = spawn(
        'nsenter',
        [`--net=/run/netns/${hostName}`, 'perl', CABLE, network.name, `/run/netns/${namespace}`, 'eth0'],
        { stdio: ['ignore', 'pipe', 'inherit', lifeline.fd] },
      );
      if (cable.stdout !== null) await once(cable.stdout, 'data');
      await opened.letGo();
      await ip(namespace, 'link', 'set', 'lo', 'up');
      await ip(namespace, 'link', 'set', 'eth0', 'address', network.mac, 'up');
      await ip(namespace, 'address', 'add', `${network.guest}/30`, 'dev', 'eth0');
      await ip(namespace, 'route', 'add', 'default', 'via', network.host);
      const agent = agentIn(namespace);
      const ended = once(cable, 'exit');
      let over: Promise<void> | undefined;
      const end = async (signal: NodeJS.Signals): Promise<void> => {
        await agent[Symbol.asyncDispose]();
        cable.kill(signal);
        await ended;
        await closeNetwork({ slot, machine }, () => Promise.resolve(access), access);
        await execa('ip', ['netns', 'delete', namespace]);
      };
      return {
        network,
        agent,
        namespace,
        pid: cable.pid ?? 0,
        ip: (...args) => ip(namespace, ...args),
        async pings(host) {
          const args = [`--net=/run/netns/${namespace}`, 'perl', PING, host];
          const { exitCode, stderr } = await execa('nsenter', args, { reject: false });
          if (exitCode === 0 || exitCode === 1) return exitCode === 0;
          throw new Error(stderr);
        },
        end: (signal = 'SIGKILL') => (over ??= end(signal)),
        [Symbol.asyncDispose]: () => (over ??= end('SIGKILL')),
      };
    },
    async state() {
      const settings = await inHost('sh', '-c', 'cd /proc/sys/net && grep -r . ipv4 ipv6 2>/dev/null | sort');
      return [
        await inHost('nft', 'list', 'ruleset'),
        await inHost('ip', '-o', 'link'),
        await inHost('ip', '-o', 'address'),
        await inHost('ip', 'route', 'show', 'table', 'all'),
        // What the kernel counts and makes up by itself.
        settings
          .split('\n')
          .filter((line) => !/random|stable_secret|tcp_fastopen_key|\bneigh\b|tcp_mem|udp_mem/.test(line))
          .join('\n'),
      ].join('\n');
    },
    async leftovers() {
      const networks = (await readdir(access.root).catch(() => [])).filter((name) => name !== 'lock');
      return [
        ...networks,
        ...(await readdir(runtime)).flatMap((name) => (name === 'dewar' ? [] : [name])),
        ...(await processesWith(directory)),
      ];
    },
    async [Symbol.asyncDispose]() {
      for (const agent of [internet, host, lan]) await agent[Symbol.asyncDispose]();
      for (const name of namespaces) await execa('ip', ['netns', 'delete', name]);
      await rm(directory, { recursive: true, force: true });
    },
  };
  return lab;
}

async function ip(namespace: string, ...args: string[]): Promise<void> {
  await execa('ip', ['-netns', namespace, ...args]);
}

/** Programs of the networks below a directory, by a variable that they were started with. */
async function processesWith(directory: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
    if (!environment.includes(`DEWAR_NETWORK=${directory}`)) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '');
    found.push(`process ${pid}: ${command.replaceAll('\0', ' ').slice(-200)}`);
  }
  return found;
}
