import type { Emit } from '../../core/events.ts';
import type { ImagePlan } from '../plan-image.ts';
import type { BuildTools } from './build-tools.ts';
import { CONFIGURE } from './overlay.ts';
import type { Overlay } from './overlay.ts';
import { runBuildStep } from './run-build-step.ts';

/** Everything newer gets this time (2023-11-14T22:13:20Z), so that the same packages make the same files. */
export const SOURCE_DATE_EPOCH = '1700000000';

/** What nobody reads inside a guest. */
const LEFT_OUT = ['man', 'info', 'locale', 'lintian', 'bug', 'doc'].map(
  (name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`,
);

export interface BootstrapRequest {
  plan: ImagePlan;
  overlay: Overlay;
  /** Of `makeFlatRepository`. */
  repository: string;
  /** Written here. */
  tar: string;
  /** For the tree while it is made; others must be allowed to enter it where the mode is `unshare`. */
  scratch: string;
  tools: BuildTools;
  emit: Emit;
  signal?: AbortSignal | undefined;
}

/**
 * Installs the locked packages into a new root file system, lays dewar's files over it, and packs it as a tar.
 * @throws DewarError IMAGE_DISK_FULL, IMAGE_BUILD_FAILED
 */
export async function bootstrap(request: BootstrapRequest): Promise<void> {
  const { tools, signal, scratch, emit, plan } = request;
  const command = mmdebstrapCommand(request);
  const alone = tools.mode === 'root' ? [...ALONE, ...command] : command;
  const total = STEPS.length;
  let done = 0;
  await runBuildStep(alone, {
    tools,
    signal,
    directory: scratch,
    env: { TMPDIR: scratch, SOURCE_DATE_EPOCH, DEBIAN_FRONTEND: 'noninteractive' },
    onLine: (line) => {
      emit({ type: 'debug', message: `mmdebstrap: ${line}` });
      if (STEPS[done] === undefined || !line.startsWith(STEPS[done] ?? '')) return;
      done += 1;
      emit({ type: 'progress', phase: 'bootstrap', done, total, unit: 'steps' });
    },
  });
  emit({
    type: 'debug',
    message: `root file system of ${plan.lock.packages.length} packages in ${request.tar}`,
  });
}

/**
 * In namespaces of its own: what it mounts and starts for the packages' scripts goes with it, however it ends, and it
 * ends when dewar is killed.
 */
const ALONE = 'setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child'.split(' ');

/** What mmdebstrap says as it goes. */
const STEPS = [
  'I: running apt-get update',
  'I: downloading packages',
  'I: extracting archives',
  'I: installing essential',
  'I: installing remaining',
  'I: cleaning package lists',
  'I: creating tarball',
  'I: success',
];

function mmdebstrapCommand({ plan, overlay, repository, tar, tools }: BootstrapRequest): string[] {
  const names = plan.lock.packages.map(({ name }) => name);
  return [
    'mmdebstrap',
    `--mode=${tools.mode}`,
    // The rest is installed by apt, in an order in which each package's scripts find what they need; there is nothing but
    // what the lock names.
    '--variant=essential',
    '--format=tar',
    `--architectures=${plan.architecture}`,
    `--include=${names.join(',')}`,
    '--aptopt=APT::Sandbox::User "root"',
    '--dpkgopt=force-unsafe-io',
    ...LEFT_OUT,
    '--dpkgopt=path-include=/usr/share/doc/*/copyright',
    // update-alternatives fails where it cannot make a link beside a page that was left out
    '--setup-hook=mkdir -p "$1"/usr/share/man/man1 "$1"/usr/share/man/man7 "$1"/usr/share/man/man8',
    `--customize-hook=tar-in ${quoted(overlay.tar)} /`,
    `--customize-hook=chroot "$1" /${CONFIGURE} ${plan.profile} ${overlay.kernelVersion}`,
    plan.suite,
    tar,
    `deb [trusted=yes] copy://${encodeURI(repository)} ./`,
  ];
}

/** For a hook, which mmdebstrap splits as a shell does. */
function quoted(path: string): string {
  return `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
