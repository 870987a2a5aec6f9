import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { say } from './say.mjs';
import { checkBazel } from './check-bazel.mjs';
import { withLock } from './lock.mjs';
import { toolsDir } from './paths.mjs';
import { run, tail } from './run.mjs';

/** What bazelisk runs in a workspace that does not say; the Bazel that the project is tested with. */
const BAZEL_VERSION = '7.7.1';
const REACH_DEADLINE_MS = 3_000;

/**
 * Bazelisk from npm, with a Bazel that it downloaded.
 * @returns the path of its program, or undefined (said in one line) where Bazel's releases cannot be downloaded
 */
export async function ensureBazelisk(env = process.env) {
  const home = join(toolsDir(env), 'bazelisk');
  const program = join(home, 'bazel');
  if (existsSync(program)) return program;
  const reason = await whyUnreachable(env.BAZELISK_BASE_URL || 'https://releases.bazel.build');
  if (reason !== undefined) {
    say(`bazelisk is of no use here: ${reason}`);
    return undefined;
  }
  return withLock(`${home}.lock`, async () => (existsSync(program) ? program : await install(home, env)));
}

async function whyUnreachable(url) {
  try {
    await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(REACH_DEADLINE_MS) });
    return undefined;
  } catch (error) {
    return `${url} cannot be reached (${error.cause?.code ?? error.name})`;
  }
}

async function install(home, env) {
  say(`installs bazelisk (npm) and Bazel ${BAZEL_VERSION} into ${home}`);
  const made = `${home}.tmp`;
  rmSync(made, { recursive: true, force: true });
  const npm = ['install', '--prefix', made, '--no-save', '--no-package-lock', '@bazel/bazelisk@1'];
  const installed = await run('npm', npm, { env, deadlineMs: 120_000 });
  if (installed.exitCode !== 0) return unusable(made, tail(installed.stderr, 1));
  writeFileSync(join(made, 'bazel'), WRAPPER, { mode: 0o755 });
  try {
    await checkBazel(join(made, 'bazel'), { bzlmod: true });
  } catch (error) {
    return unusable(made, error.message);
  }
  renameSync(made, home);
  return join(home, 'bazel');
}

function unusable(made, reason) {
  rmSync(made, { recursive: true, force: true });
  say(`bazelisk does not work here: ${reason}`);
  return undefined;
}

const WRAPPER = `#!/bin/sh
case $(uname -m) in aarch64) arch=arm64 ;; *) arch=amd64 ;; esac
export USE_BAZEL_VERSION="\${USE_BAZEL_VERSION:-${BAZEL_VERSION}}"
exec "$(dirname "$(readlink -f "$0")")/node_modules/@bazel/bazelisk/bazelisk-linux_$arch" "$@"
`;
