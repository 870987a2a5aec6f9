import type { Registry } from '../route-argv.ts';
import { command as awsLogin } from './aws-login.ts';
import { command as bazelFingerprint } from './bazel-fingerprint.ts';
import { command as bazelGenerateHashes } from './bazel-generate-hashes.ts';
import { command as bazelGetImpactedTargets } from './bazel-get-impacted-targets.ts';
import { command as bazelImpactGraph } from './bazel-impact-graph.ts';
import { command as bazelWarmup } from './bazel-warmup.ts';
import { command as bazelWhy } from './bazel-why.ts';
import { command as benchGenerate } from './bench-generate.ts';
import { command as benchRun } from './bench-run.ts';
import { command as build } from './build.ts';
import { command as config } from './config.ts';
import { command as claudeCodeSyncConfig } from './claude-code-sync-config.ts';
import { command as consume } from './consume.ts';
import { command as demo } from './demo.ts';
import { command as imageBuild } from './image-build.ts';
import { command as imageLs } from './image-ls.ts';
import { command as imageRm } from './image-rm.ts';
import { command as imageShow } from './image-show.ts';
import { command as init } from './init.ts';
import { command as mount } from './mount.ts';
import { command as networkAllow } from './network-allow.ts';
import { command as networkLog } from './network-log.ts';
import { command as networkProxy } from './network-proxy.ts';
import { command as networkStatus } from './network-status.ts';
import { command as networkTest } from './network-test.ts';
import { command as logs } from './logs.ts';
import { command as record } from './record.ts';
import { command as snapshotsLs } from './snapshots-ls.ts';
import { command as snapshotsRm } from './snapshots-rm.ts';
import { command as snapshotsShow } from './snapshots-show.ts';
import { command as snapshotsVerify } from './snapshots-verify.ts';
import { command as setup } from './setup.ts';
import { command as up } from './up.ts';
import { command as doctor } from './doctor.ts';
import { command as down } from './down.ts';
import { command as fork } from './fork.ts';
import { command as runCommand } from './run.ts';
import { command as shell } from './shell.ts';
import { command as reset } from './reset.ts';
import { command as status } from './status.ts';
import { command as unmount } from './unmount.ts';
import { command as update } from './update.ts';
import { command as verify } from './verify.ts';
import { anyPluginCommand } from '../plugin-command.ts';
import { warmCacheCommand } from '../warm-cache-command.ts';
import { cliDocsCommand } from './cli-docs.ts';
import { completionCommand } from './completion.ts';

/** Plugins with caches that have no commands of their own. */
const WITH_CACHES = ['cargo', 'go', 'gradle', 'maven', 'node', 'python', 'scala-sbt'];

/** Every command, in the order of the help. Command files are light: what they need to work, `run` imports. */
export const registry: Registry = {
  other: anyPluginCommand,
  groups: {
    bazel: 'the Bazel engine alone, with the flags and files of bazel-diff',
    snapshots: 'look at the snapshots of a store, check and remove them',
    image: 'build the images of guests, look at them and remove them',
    aws: 'the plugin aws: credentials of an AWS session in the machine',
    'claude-code': 'the plugin claude-code: its settings in the machine',
    ...Object.fromEntries(WITH_CACHES.map((name) => [name, `the plugin ${name}: its caches in the machine`])),
    network: 'what the running machine may reach, and what it was denied',
    bench: 'make projects and measure',
  },
  commands: [
    init,
    config,
    build,
    up,
    down,
    shell,
    runCommand,
    status,
    logs,
    fork,
    reset,
    doctor,
    setup,
    mount,
    unmount,
    networkStatus,
    networkLog,
    networkTest,
    networkAllow,
    networkProxy,
    demo,
    record,
    consume,
    verify,
    bazelGenerateHashes,
    bazelGetImpactedTargets,
    bazelFingerprint,
    bazelWarmup,
    bazelWhy,
    bazelImpactGraph,
    snapshotsLs,
    snapshotsShow,
    snapshotsVerify,
    snapshotsRm,
    imageBuild,
    imageLs,
    imageShow,
    imageRm,
    update,
    awsLogin,
    claudeCodeSyncConfig,
    ...['bazel', ...WITH_CACHES].map(warmCacheCommand),
    benchGenerate,
    benchRun,
    completionCommand(() => registry),
    cliDocsCommand(() => registry),
  ],
};
