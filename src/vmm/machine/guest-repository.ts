import { join } from 'node:path';
import { DewarError } from '../../core/errors.ts';
import { quotePosix } from '../../core/quote-posix.ts';
import { GIT_SETTINGS, gitFailed, runGit } from '../../platform/git.ts';
import { readIfPresent } from '../../platform/read-if-present.ts';
import type { Repository } from '../../platform/git-repository.ts';
import type { Transport } from '../../platform/ssh.ts';

interface Limits {
  signal?: AbortSignal | undefined;
  deadlineMs?: number | undefined;
}

const GIT_DIRECTORY = '/var/lib/dewar/repository.git';
export const GUEST_TREE = '/var/lib/dewar/tree';
const REFERENCE = 'refs/dewar/target';

/**
 * Makes the guest's work tree hold exactly the files of a commit. The objects that it lacks are pushed by git over ssh; the
 * guest needs no network.
 * @param contentPath the top of a work tree of that commit here
 * @throws DewarError CHECKOUT_FAILED, SUBMODULES_UNSUPPORTED, SSH_FAILED, INTERRUPTED
 */
export async function checkOutInGuest(
  ssh: Transport,
  repository: Repository,
  commit: string,
  contentPath: string,
  limits: Limits,
): Promise<void> {
  if ((await readIfPresent(join(contentPath, '.gitmodules'))) !== undefined) throw submodules(commit);
  await inGuest(ssh, PREPARE, commit, limits);
  const pushed = await runGit(
    repository.topLevel,
    [
      ...PUSH_SETTINGS,
      'push',
      '--quiet',
      '--force',
      '--no-verify',
      `ssh://guest${GIT_DIRECTORY}`,
      `${commit}:${REFERENCE}`,
    ],
    {
      ...limits,
      env: { ...repository.env, GIT_SSH_COMMAND: sshCommand(ssh), GIT_SSH_VARIANT: 'ssh' },
    },
  );
  if (pushed.exitCode !== 0) throw failed(commit, pushed.stderr);
  await inGuest(ssh, CHECK_OUT, commit, limits);
}

/** What users set for their own pushes. */
const PUSH_SETTINGS = ['push.followTags=false', 'push.gpgSign=false', 'push.recurseSubmodules=no'].flatMap(
  (setting) => ['-c', setting],
);

/** A shallow history may be pushed too. */
const PREPARE = `set -e
[ -d ${GIT_DIRECTORY} ] || git init --quiet --bare ${GIT_DIRECTORY}
git --git-dir=${GIT_DIRECTORY} config receive.shallowUpdate true
git --git-dir=${GIT_DIRECTORY} config gc.auto 0
mkdir -p ${GUEST_TREE}`;

const GIT = ['git', ...GIT_SETTINGS, `--git-dir=${GIT_DIRECTORY}`, `--work-tree=${GUEST_TREE}`]
  .map(quotePosix)
  .join(' ');

const CHECK_OUT = `set -e
cd ${GUEST_TREE}
${GIT} -c core.bare=false checkout --force --detach --quiet "$1"
${GIT} -c core.bare=false clean -ffdx --quiet`;

/**
 * Finds what the guest's work tree has besides the commit that is checked out, lacks of it, or has in another form.
 * @returns paths relative to its top
 * @throws DewarError GIT_FAILED, SSH_FAILED, INTERRUPTED
 */
export async function changedInGuest(ssh: Transport, limits: Limits): Promise<string[]> {
  const done = await ssh.run(['sh', '-c', STATUS], limits);
  if (done.exitCode !== 0) throw gitFailed(['status'], GUEST_TREE, done);
  // Two letters, a space, the path.
  const lines = done.stdout.toString('utf8').split('\0');
  return lines.filter((line) => line !== '').map((line) => line.slice(3));
}

const STATUS = `set -e
cd ${GUEST_TREE}
${GIT} -c core.bare=false status --porcelain -z --no-renames --untracked-files=all --ignored=matching`;

async function inGuest(ssh: Transport, script: string, commit: string, limits: Limits): Promise<void> {
  const done = await ssh.run(['sh', '-c', script, 'sh', commit], limits);
  if (done.exitCode !== 0) throw failed(commit, done.stderr);
}

/** The options of the connection are relative to its directory; git adds the host and the command. */
function sshCommand({ directory, sshArguments }: Transport): string {
  return `cd ${quotePosix(directory)} && exec ssh ${sshArguments.map(quotePosix).join(' ')}`;
}

function failed(commit: string, why: string): DewarError {
  return new DewarError({
    code: 'CHECKOUT_FAILED',
    message: `${commit} could not be checked out in the guest: ${why.trim()}`,
    mend: 'check that the commit is complete (git fsck, git fetch), and that the guest has git and room on its disk',
  });
}

function submodules(commit: string): DewarError {
  return new DewarError({
    code: 'SUBMODULES_UNSUPPORTED',
    message: `${commit} has submodules, which are not brought into a guest`,
    mend: 'use --driver local',
  });
}
