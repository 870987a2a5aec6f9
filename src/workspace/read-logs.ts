import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { compareText } from '../core/compare-text.ts';
import { DewarError } from '../core/errors.ts';
import { isAbsent } from '../platform/errno.ts';
import { readJournal } from './journal.ts';
import type { StatePaths } from './state-paths.ts';
import type { WorkspaceContext } from './workspace-context.ts';

export interface LogFile {
  /** `console`, `monitor`, or a script's. */
  name: string;
  /** Absolute. */
  path: string;
}

const MOST_BYTES = 4 << 20;

/** @returns the logs that there are of a machine, also of one that is down */
export async function findLogs(paths: StatePaths, context: WorkspaceContext): Promise<LogFile[]> {
  const { machine } = await readJournal(paths.journal);
  const directory = join(paths.logs, 'scripts');
  const scripts = (await readdir(directory).catch(() => []))
    .toSorted(compareText)
    .map((name) => ({ name: name.replace(/\.log$/, ''), path: join(directory, name) }));
  if (machine === undefined) return scripts;
  const driver = await context.loadDriver(machine.driver);
  const { console, monitor } = await driver.logs(machine.id);
  return [{ name: 'console', path: console }, { name: 'monitor', path: monitor }, ...scripts];
}

/**
 * @param lines at most so many, of its end
 * @returns what is text in it: what a guest says must not reach a terminal as more than that
 * @throws DewarError NO_SUCH_LOG
 */
export async function readLog({ path, name }: LogFile, lines: number): Promise<string> {
  const end = await readEnd(path);
  if (end === undefined)
    throw new DewarError({
      code: 'NO_SUCH_LOG',
      message: `${name} has no log: ${path} is missing`,
      mend: 'start the machine: dewar up',
    });
  const all = end
    .split('\n')
    .map((line) => line.replaceAll(/[^\P{C}\t]/gu, '').trimEnd())
    .filter((line, index, every) => line !== '' || index < every.length - 1);
  return all.slice(-lines).join('\n');
}

async function readEnd(path: string): Promise<string | undefined> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    const length = Math.min(size, MOST_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8', 0, bytesRead);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}
