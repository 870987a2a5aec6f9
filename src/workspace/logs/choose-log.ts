import { DewarError } from '../../core/errors.ts';
import { isLogOf } from '../script-logs.ts';

/**
 * Which log somebody means, or wants to see who does not say.
 * @param name of a log, or of a script; undefined: that of the last script that failed, else the machine's console
 * @param failedScripts their names
 * @returns undefined where nothing was named and there is nothing to choose from
 * @throws DewarError NO_SUCH_LOG
 */
export function chooseLog<L extends { name: string }>(
  logs: readonly L[],
  name: string | undefined,
  failedScripts: readonly string[],
): L | undefined {
  if (name === undefined)
    return (
      logs.findLast((log) => failedScripts.some((script) => isLogOf(log.name, script))) ??
      logs.find((log) => log.name === 'console') ??
      logs[0]
    );
  const found = logs.find((log) => log.name === name) ?? logs.find((log) => isLogOf(log.name, name));
  if (found !== undefined) return found;
  const there = logs.map((log) => log.name).join(', ');
  throw new DewarError({
    code: 'NO_SUCH_LOG',
    message: `there is no log ${JSON.stringify(name)} of this machine`,
    mend: there === '' ? 'start the machine: dewar up' : `name one of: ${there}`,
  });
}
