/** In the directory of a machine's logs. */
export const SCRIPT_LOGS = 'scripts';

/** @param index from 0, in the order in which scripts run */
export function scriptLogName(index: number, script: string): string {
  return `${String(index + 1).padStart(2, '0')}-${fileName(script)}.log`;
}

/** @returns what a script's log is called for people; undefined for the name of another file */
export function scriptOfLog(file: string): string | undefined {
  return /^\d{2,}-.*(?=\.log$)/.exec(file)?.[0];
}

/** @returns true when that, of `scriptOfLog`, is the log of a script of that name */
export function isLogOf(log: string, script: string): boolean {
  return log.replace(/^\d+-/, '') === fileName(script);
}

function fileName(script: string): string {
  return script.replaceAll(/[^\w.-]+/g, '_').slice(0, 64);
}
