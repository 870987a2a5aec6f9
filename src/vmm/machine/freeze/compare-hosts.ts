/** What every memory image needs of a host. */
export interface HostNeeds {
  architecture: string;
  /** Bytes. */
  page_size: number;
  cpu_model: string;
  /** Sorted. */
  cpu_flags: string[];
}

/**
 * @param others what a VMM needs beside that, by the names that people know
 * @returns one sentence for each difference that keeps a memory image of `needed` from running here; none when it may
 */
export function compareHosts<Needs extends HostNeeds>(
  needed: Needs,
  here: Needs,
  others: Partial<Record<keyof Needs, string>>,
): string[] {
  const names = { architecture: 'architecture', page_size: 'page size', ...others, cpu_model: 'CPU model' };
  const differences = Object.entries<string | undefined>(names).flatMap(([key, name]) => {
    const [then, now] = [needed[key as keyof Needs], here[key as keyof Needs]];
    return then === now ? [] : [`${name} ${String(now)} instead of ${String(then)}`];
  });
  const missing = needed.cpu_flags.filter((flag) => !here.cpu_flags.includes(flag));
  const extra = here.cpu_flags.filter((flag) => !needed.cpu_flags.includes(flag));
  if (missing.length > 0) differences.push(`CPU without ${missing.join(', ')}`);
  if (extra.length > 0) differences.push(`CPU that also has ${extra.join(', ')}`);
  return differences;
}
