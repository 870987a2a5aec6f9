import type { Distribution } from './distribution.ts';

export interface SetupInput {
  distribution: Distribution;
  /** Debian packages, as checks name them. */
  packages: readonly string[];
  /** Installs packages: as root, by a sudo that asks for nothing, or not at all. */
  rights: 'root' | 'sudo' | 'none';
}

export interface SetupPlan {
  /** Names of this distribution. */
  packages: string[];
  /** What installs them, as words; undefined where this user or this distribution cannot. */
  command: string[] | undefined;
  /** The same for people: what to type. Undefined where dewar does not know the names. */
  byHand: string | undefined;
  /** What no package of this distribution mends. */
  notes: string[];
}

/** @returns how to get what is missing on this host */
export function planSetup({ distribution, packages: wanted, rights }: SetupInput): SetupPlan {
  const { id, name } = distribution;
  if (id !== 'debian' && id !== 'ubuntu')
    return {
      packages: [...wanted],
      command: undefined,
      byHand: undefined,
      notes: [`of ${name}, dewar does not know the packages; in Debian they are ${wanted.join(', ')}`],
    };
  const isOld = hasOldQemu(distribution);
  const notes =
    isOld && wanted.some((one) => QEMU.has(one))
      ? [`the QEMU of ${name} is older than 7.2, which dewar needs: take Debian 12, Ubuntu 24.04, or later`]
      : [];
  const mended = isOld ? wanted.filter((one) => !QEMU.has(one)) : wanted;
  const packages = [...new Set(mended.map((one) => nameIn(distribution, one)))].toSorted();
  if (packages.length === 0) return { packages, command: undefined, byHand: undefined, notes };
  const words = [...INSTALL, ...packages];
  const as = { root: [], sudo: ['sudo', '-n', 'env', 'DEBIAN_FRONTEND=noninteractive'], none: undefined };
  const prefix = as[rights];
  return {
    packages,
    command: prefix && [...prefix, ...words],
    byHand: `${rights === 'root' ? '' : 'sudo '}${words.join(' ')}`,
    notes,
  };
}

const INSTALL = ['apt-get', 'install', '-y', '--no-install-recommends'];
const QEMU = new Set(['qemu-system-x86', 'virtiofsd']);

function hasOldQemu({ id, version = Infinity }: Distribution): boolean {
  return version < (id === 'debian' ? 12 : 23.04);
}

/** Until QEMU 8, virtiofsd was a part of it. */
function nameIn({ id, version = Infinity }: Distribution, name: string): string {
  if (name !== 'virtiofsd') return name;
  return version < (id === 'debian' ? 13 : 23.1) ? 'qemu-system-common' : 'virtiofsd';
}
