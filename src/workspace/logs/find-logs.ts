import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { compareText } from '../../core/compare-text.ts';
import { readJournal } from '../journal.ts';
import { SCRIPT_LOGS, scriptOfLog } from '../script-logs.ts';
import type { StatePaths } from '../state-paths.ts';
import type { WorkspaceContext } from '../workspace-context.ts';
import { chooseLog } from './choose-log.ts';

/** A log of a machine that is there. */
export interface LogFile {
  /** `console`, `monitor`, or a script's. */
  name: string;
  /** Absolute. */
  path: string;
  bytes: number;
  /** When it was written last; milliseconds since the epoch. */
  at: number;
}

export interface FoundLogs {
  /** The machine's own, then those of its scripts in their order. */
  logs: LogFile[];
  /** The one that was named, or else the most useful. */
  log: LogFile | undefined;
  /** Id of the machine whose logs they are; undefined when there never was one. */
  machine: string | undefined;
}

/**
 * Finds the logs of a machine, also of one that is down.
 * @param name as `chooseLog` takes it
 * @throws DewarError NO_SUCH_LOG, JOURNAL_DAMAGED, NO_SUCH_DRIVER
 */
export async function findLogs(
  paths: StatePaths,
  name: string | undefined,
  context: Pick<WorkspaceContext, 'loadDriver'>,
): Promise<FoundLogs> {
  const { machine } = await readJournal(paths.journal);
  const own = machine === undefined ? [] : await machineLogs(machine, context);
  const all = await Promise.all([...own, ...(await scriptLogs(join(paths.logs, SCRIPT_LOGS)))].map(lookAt));
  const logs = all.filter((log) => log !== undefined);
  const log = chooseLog(logs, name, machine?.failedScripts ?? []);
  return { logs, log, machine: machine?.id };
}

interface Named {
  name: string;
  path: string;
}

async function machineLogs(
  { driver, id }: { driver: string; id: string },
  context: Pick<WorkspaceContext, 'loadDriver'>,
): Promise<Named[]> {
  const { console, monitor } = await (await context.loadDriver(driver)).logs(id);
  return [
    { name: 'console', path: console },
    { name: 'monitor', path: monitor },
  ];
}

async function scriptLogs(directory: string): Promise<Named[]> {
  const files = (await readdir(directory).catch(() => [])).toSorted(compareText);
  return files.flatMap((file) => {
    const name = scriptOfLog(file);
    return name === undefined ? [] : [{ name, path: join(directory, file) }];
  });
}

async function lookAt(log: Named): Promise<LogFile | undefined> {
  const found = await stat(log.path).catch(() => undefined);
  return found?.isFile() === true ? { ...log, bytes: found.size, at: found.mtimeMs } : undefined;
}
