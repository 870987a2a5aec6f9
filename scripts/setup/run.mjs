import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/**
 * Runs a program to its end, without stdin.
 * @param options `cwd`, `env` (whole environment), `live` (its output goes to our stderr), `deadlineMs`
 * @returns exitCode (127: could not be started, 124: deadline passed), stdout and stderr as text
 */
export function run(file, args, { cwd, env = process.env, live = false, deadlineMs } = {}) {
  return new Promise((done) => {
    const stdio = live ? ['ignore', 2, 2] : ['ignore', 'pipe', 'pipe'];
    const child = spawn(file, args, { cwd, env, stdio });
    const out = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'])
      child[name]?.setEncoding('utf8').on('data', (text) => (out[name] += text));
    let late = false;
    const timer = deadlineMs && setTimeout(() => (late = child.kill('SIGKILL')), deadlineMs);
    const end = (exitCode) => {
      clearTimeout(timer);
      done({ exitCode, ...out });
    };
    child.on('error', (error) => {
      out.stderr += error.message;
      end(127);
    });
    // after a deadline a grandchild may still hold the pipes: do not wait for it
    child.on('exit', (code) => late && end(code ?? 124));
    child.on('close', (code) => end(late ? 124 : (code ?? 128)));
  });
}

/** The last lines of what a program said, for an error message. */
export function tail(text, lines = 15) {
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}

/** @returns the absolute path of a program on PATH, or undefined */
export function which(name, env = process.env) {
  if (isAbsolute(name)) return isProgram(name) ? name : undefined;
  return (env.PATH ?? '')
    .split(delimiter)
    .filter(isAbsolute)
    .map((dir) => join(dir, name))
    .find(isProgram);
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch (error) {
    if (error.code === undefined) throw error;
    return false;
  }
}
