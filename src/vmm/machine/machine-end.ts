import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { DewarError } from '../../core/errors.ts';
import type { ProcessEnd } from '../../platform/background-process.ts';
import { isAbsent } from '../../platform/errno.ts';
import { keptLog } from './kept-logs.ts';
import type { MachinePaths } from './machine-paths.ts';

/** What a VMM is called, and what its output means. */
export interface VmmWords {
  name: string;
  /** Finds in its output why it cannot use the root disk. */
  unusableDisk?: RegExp;
  /** Finds in its output that a port of this host is taken. */
  portTaken?: RegExp;
}

/**
 * Says why a machine is gone, by what it left in its logs.
 * @returns DewarError GUEST_PANIC, DISK_DAMAGED, PORT_TAKEN, NO_SPACE, MACHINE_ENDED
 */
export function describeEnd(paths: MachinePaths, end: ProcessEnd, words: VmmWords): DewarError {
  const output = tailOf(paths.output);
  const console = tailOf(paths.console);
  const panic = /Kernel panic - not syncing: ([^\r\n]*)/.exec(console)?.[1];
  if (panic !== undefined)
    return new DewarError({
      code: 'GUEST_PANIC',
      message: `the guest's kernel panicked: ${panic}\n${lastLines(console)}`,
      mend: `read ${keptLog(paths, 'console')}; give the machine more memory, or use another image`,
    });
  const unusable = words.unusableDisk?.exec(output)?.[1] ?? NO_ROOT.exec(console)?.[1];
  if (unusable !== undefined)
    return new DewarError({
      code: 'DISK_DAMAGED',
      message: `the machine's root disk cannot be used: ${unusable}`,
      mend: `see ${keptLog(paths, 'console')}; a workspace's disk is dropped, with all that is on it, by: dewar reset`,
    });
  if (words.portTaken?.test(output) === true)
    return new DewarError({
      code: 'PORT_TAKEN',
      message: `a port of 127.0.0.1 that was free is taken: ${lastLines(output)}`,
      mend: 'run it again',
    });
  if (end.signal === 'SIGBUS' || /No space left on device/.test(output))
    return new DewarError({
      code: 'NO_SPACE',
      message: `${words.name} ended because there is no room for the machine's memory and disk in ${paths.directory}`,
      mend: 'make room there, or set DEWAR_CACHE_DIR to a directory on another disk',
    });
  return new DewarError({
    code: 'MACHINE_ENDED',
    message: [`${words.name} ended${howOf(end)}`, lastLines(output), lastLines(console)]
      .filter(Boolean)
      .join('\n'),
    mend: `read ${keptLog(paths, 'console')} and ${keptLog(paths, 'output')}`,
  });
}

function howOf({ signal, exitCode }: ProcessEnd): string {
  if (signal !== undefined) return ` by ${signal}`;
  return exitCode === undefined ? '' : ` with exit code ${exitCode}`;
}

/** What an image's own start says. */
const NO_ROOT = /^dewar: cannot boot: (\/dev\/vda cannot be mounted[^\r\n]*)/m;

/** Says what a guest that does not answer said last. */
export function describeSilence(paths: MachinePaths, cause: DewarError): DewarError {
  return new DewarError({
    code: 'GUEST_SILENT',
    message: [cause.message, lastLines(tailOf(paths.console)) || 'its console is empty'].join('\n'),
    mend: `read ${keptLog(paths, 'console')}; on a slow host set DEWAR_SLOW=<factor>`,
    cause,
  });
}

const TAIL_BYTES = 16 << 10;
const TAIL_LINES = 8;

function tailOf(path: string): string {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if (isAbsent(error)) return '';
    throw error;
  }
  try {
    const buffer = Buffer.alloc(TAIL_BYTES);
    const size = readSync(file, buffer, 0, TAIL_BYTES, Math.max(0, fstatSync(file).size - TAIL_BYTES));
    return buffer.toString('utf8', 0, size);
  } finally {
    closeSync(file);
  }
}

/** A guest writes what it likes to its console: nothing of that may reach a terminal as more than text. */
function lastLines(text: string): string {
  return text
    .split('\n')
    .map((line) => line.replaceAll(/[^\P{C}\t]/gu, '').trimEnd())
    .filter((line) => line !== '')
    .slice(-TAIL_LINES)
    .map((line) => `  | ${line.slice(0, 300)}`)
    .join('\n');
}
