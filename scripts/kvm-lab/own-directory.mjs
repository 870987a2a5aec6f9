import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const NAME = /^dewar-kvm-lab-(\d+)-/;

/** Makes a temporary directory of this process, and removes those of processes that were killed. @returns its path */
export function ownDirectory() {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(NAME.exec(name)?.[1] ?? process.pid);
    if (!isAlive(pid)) removeDirectory(join(tmpdir(), name));
  }
  return mkdtempSync(join(tmpdir(), `dewar-kvm-lab-${process.pid}-`));
}

export function removeDirectory(path) {
  rmSync(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code !== 'ESRCH';
  }
}
