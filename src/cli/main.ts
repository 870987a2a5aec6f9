#!/usr/bin/env node
import packageJson from '../../package.json' with { type: 'json' };
import { registry } from './commands/index.ts';
import { handleCrash } from './crash.ts';
import { runCli } from './run-cli.ts';
import { handleSignals } from './signals.ts';
import { ignoreStreamErrors } from './write-output.ts';

const { stdout, stderr, env } = process;
const GRACE_MS = 500;
// While a config is loaded, process.exit is a trap for it.
const exit = process.exit.bind(process);
ignoreStreamErrors(stdout);
ignoreStreamErrors(stderr);
handleCrash(process, (report) => stderr.write(report), exit);
const signals = handleSignals(process, exit);
process.exitCode = await runCli(process.argv.slice(2), {
  registry,
  version: packageJson.version,
  stdout,
  stderr,
  env: Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  ),
  cwd: process.cwd(),
  signal: signals.signal,
});
signals.dispose();
// What the code of a config started, and does not end, keeps nobody waiting.
setTimeout(exit, GRACE_MS).unref();
