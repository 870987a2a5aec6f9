import { existsSync, readdirSync } from 'node:fs';
import { SetupError, say } from './say.mjs';
import { run, tail, which } from './run.mjs';

/** Debian packages, each with what it is needed for: a program or a file that is there once it is installed. */
const NEEDED = [
  { name: 'git', program: 'git' },
  { name: 'ca-certificates', file: '/etc/ssl/certs/ca-certificates.crt' },
  { name: 'util-linux', program: 'unshare' },
  { name: 'mount', program: 'mount' },
];

/** What the tests of guest images and of QEMU need beside that. */
export const FOR_MACHINES = [
  { name: 'mmdebstrap', program: 'mmdebstrap' },
  { name: 'e2fsprogs', program: 'mke2fs' },
  { name: 'qemu-system-x86', program: 'qemu-system-x86_64' },
  { name: 'qemu-utils', program: 'qemu-img' },
  { name: 'openssh-client', program: 'ssh' },
  { name: 'openssh-sftp-server', file: '/usr/lib/openssh/sftp-server' },
  { name: 'iproute2', program: 'ip' },
  { name: 'nftables', program: 'nft' },
  { name: 'dnsmasq-base', program: 'dnsmasq' },
];

/**
 * Installs the missing system packages with apt. Without root: says which, and touches nothing.
 * @param needed what to look for
 */
export async function ensureSystemPackages(env = process.env, needed = NEEDED) {
  const missing = missingPackages(env, needed);
  if (missing.length === 0) return;
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  const aptGet = which('apt-get', env);
  if (aptGet === undefined)
    throw new SetupError(
      `missing: ${missing.join(' ')}. There is no apt-get here: install them by other means.`,
    );
  const asRoot = await rootPrefix(env);
  if (asRoot === undefined)
    throw new SetupError(
      `missing packages: ${missing.join(' ')}. As root, run: apt-get update && ${command}`,
    );
  say(`installs system packages: ${missing.join(' ')}`);
  await install([...asRoot, aptGet], missing, env);
  const still = missingPackages(env, needed);
  if (still.length > 0) throw new SetupError(`still missing after "${command}": ${still.join(' ')}`);
}

/** @returns names of the packages that this machine lacks */
export function missingPackages(env = process.env, needed = NEEDED) {
  return needed
    .filter(({ program, file }) => !(program ? which(program, env) : existsSync(file)))
    .map(({ name }) => name);
}

async function rootPrefix(env) {
  if (process.getuid() === 0) return [];
  const sudo = which('sudo', env);
  if (sudo === undefined) return undefined;
  const { exitCode } = await run(sudo, ['-n', 'true'], { env });
  return exitCode === 0 ? [sudo, '-n', 'DEBIAN_FRONTEND=noninteractive'] : undefined;
}

async function install([program, ...prefix], packages, env) {
  const options = { env: { ...env, DEBIAN_FRONTEND: 'noninteractive' } };
  const wait = ['-o', 'DPkg::Lock::Timeout=300'];
  const args = [...prefix, ...wait, 'install', '-y', '-q', '--no-install-recommends', ...packages];
  if (hasPackageLists() && (await run(program, args, options)).exitCode === 0) return;
  say('updates the package lists (apt-get update)');
  const update = await run(program, [...prefix, ...wait, 'update', '-q'], options);
  if (update.exitCode !== 0) throw new SetupError(`apt-get update failed:\n${tail(update.stderr)}`);
  const result = await run(program, args, options);
  if (result.exitCode !== 0)
    throw new SetupError(`apt-get install ${packages.join(' ')} failed:\n${tail(result.stderr)}`);
}

function hasPackageLists(dir = '/var/lib/apt/lists') {
  return existsSync(dir) && readdirSync(dir).some((name) => name.includes('_Packages'));
}
