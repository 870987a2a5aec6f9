import { access } from 'node:fs/promises';
import { findProgram, systemPath } from '../platform/find-program.ts';
import { findRights } from '../platform/find-rights.ts';
import { runCommand } from '../platform/run-command.ts';
import { networksDirectory } from './networks-directory.ts';

/** How networks of machines are made on this host. */
export interface NetworkAccess {
  /** Words before a command that make root run it. */
  asRoot: readonly string[];
  /** Absolute: where networks are. */
  root: string;
  /** Absolute: where this host's DNS servers are named. */
  resolvFile: string;
  env: Readonly<Record<string, string>>;
}

export interface NoNetworkAccess {
  why: string;
  mend: string;
  packages: readonly string[];
}

const PROGRAMS = [
  ['nft', 'nftables'],
  ['dnsmasq', 'dnsmasq-base'],
  ['ip', 'iproute2'],
  ['flock', 'util-linux'],
  ['awk', 'mawk'],
] as const;

/** @returns why there can be no TAP on this host, where there can be none */
export async function findNetworkAccess(
  env: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<NetworkAccess | NoNetworkAccess> {
  if (env['DEWAR_TAP'] === 'no') return { why: 'DEWAR_TAP is no', mend: 'unset it', packages: [] };
  const path = systemPath(env);
  const found = await Promise.all(PROGRAMS.map(([program]) => findProgram(program, path)));
  const missing = PROGRAMS.filter((_, index) => found[index] === undefined);
  if (missing.length > 0) {
    const packages = missing.map(([, name]) => name);
    return {
      why: `${missing.map(([program]) => program).join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not there`,
      mend: `install ${packages.join(' ')}`,
      packages,
    };
  }
  const dnsmasq = await runCommand(found[1] ?? '', ['--version'], { env, signal });
  if (!/\snftset(\s|$)/m.test(dnsmasq.stdout.toString('utf8')))
    return {
      why: 'this dnsmasq cannot fill sets of nftables',
      mend: 'install dnsmasq 2.87 or later',
      packages: [],
    };
  const hasTun = await access('/dev/net/tun').then(
    () => true,
    () => false,
  );
  if (!hasTun)
    return { why: '/dev/net/tun is not there', mend: 'load the module: modprobe tun', packages: [] };
  const rights = await findRights(env);
  if (rights === 'none')
    return {
      why: 'this user is not root, and cannot use sudo without a password',
      mend: 'let this user use sudo without a password, or run dewar as root',
      packages: [],
    };
  return {
    asRoot: rights === 'root' ? [] : ['sudo', '-n'],
    root: networksDirectory(env),
    resolvFile: env['DEWAR_RESOLV_CONF'] ?? '/etc/resolv.conf',
    env: { ...env, PATH: path },
  };
}
