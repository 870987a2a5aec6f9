const hidden = new Set<string>();

/**
 * Keeps variables of this process from the programs that it starts from now on; one that is given an environment of its own
 * gets what is in that.
 */
export function hideFromPrograms(names: Iterable<string>): void {
  for (const name of names) hidden.add(name);
}

/** @returns the environment of a program that gets none of its own */
export function childEnv(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined || hidden.has(name) ? [] : [[name, value]],
    ),
  );
}
