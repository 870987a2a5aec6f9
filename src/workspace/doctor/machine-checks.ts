import { access } from 'node:fs/promises';
import { kvmState } from '../../platform/kvm-state.ts';
import { cacheDirectory } from '../../platform/cache-directory.ts';
import { findBuildTools } from '../../image/build/build-tools.ts';
import type { BuildMode } from '../../image/build/build-tools.ts';
import { listImages } from '../../image/store/list-images.ts';
import type { Check, DoctorContext, Finding } from './check.ts';
import { findingOfError } from './finding-of-error.ts';
import { judgeAcceleration } from './judge-acceleration.ts';
import { programCheck } from './program-check.ts';

/** QEMU tries KVM, and times the clock of a guest, again where the host is busy. */
const PROBE_DEADLINE_MS = 180_000;

/** What machines and their images need. */
export const MACHINE_CHECKS: readonly Check[] = [
  {
    id: 'vmm',
    group: 'machines',
    title: 'QEMU',
    deadlineMs: PROBE_DEADLINE_MS,
    async run(context) {
      try {
        const { path, version } = await context.driver.program();
        return { level: 'ok', message: `${version}, ${path}` };
      } catch (error) {
        // Where another driver works, it is a matter of taste.
        if (await doesAnotherWork(context)) return findingOfError(error, 'note');
        throw error;
      }
    },
  },
  {
    id: 'acceleration',
    group: 'machines',
    title: 'acceleration',
    deadlineMs: PROBE_DEADLINE_MS,
    async run({ driver, signal }) {
      // That there is none is what the one above says.
      const there = await driver.program().catch(() => undefined);
      return there && judgeAcceleration(await driver.acceleration(signal), await kvmState());
    },
  },
  programCheck({
    id: 'ssh',
    group: 'machines',
    title: 'ssh',
    programs: ['ssh', 'ssh-keygen'],
    packages: ['openssh-client'],
    why: 'guests are reached by it',
    version: ['-V'],
  }),
  programCheck({
    id: 'mke2fs',
    group: 'machines',
    title: 'mke2fs',
    programs: ['mke2fs'],
    system: true,
    packages: ['e2fsprogs'],
    why: 'it makes the disk that brings a guest its credentials',
  }),
  programCheck({
    id: 'tar',
    group: 'machines',
    title: 'tar',
    failure: 'warning',
    programs: ['tar'],
    packages: ['tar'],
    why: 'no machine is saved after its boot, so that each one boots',
    version: ['--version'],
    judge: judgeTar,
  }),
  {
    id: 'image-tools',
    group: 'machines',
    title: 'tools that build images',
    async run({ env }) {
      try {
        const { mode } = await findBuildTools(env);
        return { level: 'ok', message: MODES[mode] };
      } catch (error) {
        const { images } = await listImages(cacheDirectory(env));
        const isThere = images.some(({ state }) => state.complete);
        return findingOfError(error, isThere ? 'warning' : 'problem');
      }
    },
  },
  {
    id: 'debian-keys',
    group: 'machines',
    title: "keys of Debian's archive",
    async run() {
      const ring = '/usr/share/keyrings/debian-archive-keyring.gpg';
      const there = await access(ring).then(
        () => true,
        () => false,
      );
      if (there) return { level: 'ok', message: ring };
      return {
        level: 'warning',
        message: `${ring} is not there: an image is built only where apt trusts Debian's archive anyway`,
        mend: 'install debian-archive-keyring',
        packages: ['debian-archive-keyring'],
      };
    },
  },
  programCheck({
    id: 'zstd',
    group: 'machines',
    title: 'zstd',
    failure: 'note',
    programs: ['zstd'],
    packages: ['zstd'],
    why: 'only images of suites whose kernels have modules packed by it need it',
  }),
];

/** That a driver's machines can also be reached is what `drivers` looks at. */
async function doesAnotherWork({ driver, drivers, signal }: DoctorContext): Promise<boolean> {
  const others = drivers.filter(({ examination }) => examination !== driver);
  const tried = await Promise.allSettled(
    others.map(async ({ examination }) => {
      await examination.program();
      await examination.acceleration(signal);
    }),
  );
  return tried.some(({ status }) => status === 'fulfilled');
}

const MODES: Record<BuildMode, string> = {
  root: 'they work, as root',
  unshare: 'they work, in a user namespace',
  fakechroot: 'they work, by fakechroot',
};

const OLDEST_TAR = [1, 29] as const;

/** @param version the first line of `tar --version` */
export function judgeTar(version: string): Finding | undefined {
  const [, major, minor] = /\(GNU tar\) (\d+)\.(\d+)/.exec(version) ?? [];
  const isFit =
    Number(major) > OLDEST_TAR[0] || (Number(major) === OLDEST_TAR[0] && Number(minor) >= OLDEST_TAR[1]);
  if (isFit) return undefined;
  return {
    level: 'warning',
    message: `${version || 'it'} is not GNU tar ${OLDEST_TAR.join('.')} or later: no machine is saved after its boot, each one boots`,
    mend: 'put GNU tar first on PATH',
    packages: ['tar'],
  };
}
