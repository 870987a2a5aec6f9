/** @returns the system's code of an error (`ENOSPC`), looked for along its causes; undefined when there is none */
export function errnoOf(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { errno, code } = at as NodeJS.ErrnoException;
    if (errno !== undefined && code !== undefined) return code;
  }
  return undefined;
}

/** @returns true for the errors of a path that names nothing */
export function isAbsent(error: unknown): boolean {
  const code = errnoOf(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}
