import { DewarError } from '../core/errors.ts';

/** What a guest image is made of, before any version is known. */
export interface Profile {
  name: string;
  /** One line, for people. */
  summary: string;
  /** Debian's code name; `dewar image build --suite` takes another. */
  suite: string;
  /** Debian packages, sorted; what they depend on comes with them. */
  packages: readonly string[];
  /** Directories below images/guest/ that are laid over the packages, later ones on top. */
  layers: readonly string[];
  /** Symbolic links: path in the guest to target. */
  links: Readonly<Record<string, string>>;
}

const EVERY_GUEST = [
  'busybox-static',
  'ca-certificates',
  'e2fsprogs',
  'hostname',
  'iproute2',
  'kmod',
  'mount',
  'openssh-server',
  'passwd',
  'procps',
  'qemu-guest-agent',
];

const BUSYBOX_INIT = Object.fromEntries(
  ['init', 'reboot', 'halt'].map((name) => [`usr/sbin/${name}`, '/bin/busybox']),
);

const MINIMAL: Profile = {
  name: 'minimal',
  summary: 'a small init, sshd, git and the guest agent: boots fast, for snapshots',
  suite: 'bookworm',
  packages: [...EVERY_GUEST, 'git'].toSorted(),
  layers: ['common', 'minimal'],
  links: BUSYBOX_INIT,
};

const SYSTEMD: Profile = {
  name: 'systemd',
  summary: 'a whole Debian with systemd, sudo, apt and git, for work',
  suite: 'bookworm',
  packages: [
    ...EVERY_GUEST,
    'apt',
    'bash-completion',
    'curl',
    'dbus',
    'fuse3',
    'git',
    'less',
    'libpam-systemd',
    'sshfs',
    'sudo',
    'systemd',
    'systemd-resolved',
    'systemd-sysv',
    'udev',
  ],
  layers: ['common', 'systemd'],
  links: {},
};

const BAZEL: Profile = {
  ...MINIMAL,
  name: 'bazel',
  summary: 'minimal with git, a JDK and Bazel, for snapshots of a warm Bazel server',
  // the first Debian with a Bazel that knows modules
  suite: 'forky',
  packages: [
    ...EVERY_GUEST,
    'bazel-bootstrap',
    'bazel-rules-shell',
    'default-jdk-headless',
    'git',
    'python3',
  ],
  layers: ['common', 'minimal', 'bazel'],
};

export const PROFILES: readonly Profile[] = [MINIMAL, SYSTEMD, BAZEL];

/** @throws DewarError NO_SUCH_PROFILE */
export function findProfile(name: string): Profile {
  const found = PROFILES.find((profile) => profile.name === name);
  if (found !== undefined) return found;
  throw new DewarError({
    code: 'NO_SUCH_PROFILE',
    message: `there is no image profile ${JSON.stringify(name)}`,
    mend: `use one of: ${PROFILES.map((profile) => profile.name).join(', ')}`,
  });
}
