import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../setup/paths.mjs';
import { countVitest } from './counts.mjs';
import { endServersBelow } from './leftover-servers.mjs';

/**
 * Runs vitest with live output, with temporary files, caches and home below one directory of its own. At the end the
 * Bazel servers that were started there are ended and the directory is removed.
 * @param options `root` and `env`: the project and its additional environment
 * @returns counts, see countVitest
 */
export async function runVitest(args, { root = projectRoot, env = {} } = {}) {
  // by its real path, as Bazel prints it; short, as it becomes part of socket names
  const own = mkdtempSync(join(realpathSync(tmpdir()), 'dewar-test-'));
  try {
    const report = join(own, 'report.json');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const exitCode = await start(root, ['run', ...reporters, ...args], { ...privateDirs(own), ...env });
    const counts = countVitest(
      existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined,
      exitCode,
    );
    for (const problem of counts.problems) console.log(` ✗ ${problem}`);
    return counts;
  } finally {
    const servers = await endServersBelow(own);
    if (servers > 0) console.log(`ended ${servers} Bazel servers that the tests left`);
    rmSync(own, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** Neither the user's own settings nor caches reach the tests, and the tests leave nothing there. */
function privateDirs(own) {
  const dirs = {
    TMPDIR: 'tmp',
    HOME: 'home',
    XDG_CACHE_HOME: 'cache',
    XDG_RUNTIME_DIR: 'run',
    DEWAR_CACHE_DIR: 'dewar',
  };
  const paths = Object.fromEntries(Object.entries(dirs).map(([name, dir]) => [name, join(own, dir)]));
  for (const path of Object.values(paths)) mkdirSync(path, { mode: 0o700 });
  // what tests do as another user, they do below it
  for (const path of [own, paths.TMPDIR]) chmodSync(path, 0o711);
  return paths;
}

function start(root, args, env) {
  return new Promise((done) => {
    const vitest = join(projectRoot, 'node_modules', 'vitest', 'vitest.mjs');
    const options = { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'inherit', 'inherit'] };
    const child = spawn(process.execPath, [vitest, ...args], options);
    const names = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    const pass = (name) => child.kill(name);
    for (const name of names) process.on(name, pass);
    const end = (code) => {
      for (const name of names) process.off(name, pass);
      done(code);
    };
    child.on('error', () => end(127));
    child.on('exit', (code) => end(code ?? 128));
  });
}
