import { closeSync, existsSync, openSync } from 'node:fs';

/** @returns why a file cannot be opened, as the system says it; undefined when it can be */
export function cannotOpen(path: string, flags: 'r' | 'r+' | 'a' = 'r'): string | undefined {
  if (flags !== 'a' && !existsSync(path)) return 'No such file or directory (os error 2)';
  try {
    closeSync(openSync(path, flags));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
