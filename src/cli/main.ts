#!/usr/bin/env node
import packageJson from '../../package.json' with { type: 'json' };
import { registry } from './commands/index.ts';
import { handleCrash } from './crash.ts';
import { runCli } from './run-cli.ts';
import { handleSignals } from './signals.ts';
import { ignoreStreamErrors } from './write-output.ts';

const { stdout, stderr, env } = process;
ignoreStreamErrors(stdout);
ignoreStreamErrors(stderr);
handleCrash(
  process,
  (report) => stderr.write(report),
  (code) => process.exit(code),
);
const signals = handleSignals(process, (code) => process.exit(code));
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
