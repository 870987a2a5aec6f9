import { plainLines } from '../core/plain-lines.ts';

/** How often a guest asked for a name, and what came of it the last time. */
export interface AskedName {
  name: string;
  /** `private`: its address is one that no name may lead to. */
  verdict: 'allowed' | 'denied' | 'private';
  count: number;
}

/**
 * @param text what dnsmasq said, whose names are a guest's
 * @returns the most asked first
 */
export function parseQueryLog(text: string): AskedName[] {
  const names = new Map<string, { verdict: AskedName['verdict'] | undefined; byType: Map<string, number> }>();
  const entry = (name: string) => {
    const there = names.get(name) ?? { verdict: undefined, byType: new Map<string, number>() };
    names.set(name, there);
    return there;
  };
  for (const line of plainLines(text)) {
    const [, asked, private_, what = '', rest = ''] =
      /^dnsmasq\[\d+\]: (?:query\[([\w=]+)\] |(possible DNS-rebind attack detected: )|(forwarded|config) )(.*)$/.exec(
        line,
      ) ?? [];
    const name = rest.split(' ')[0]?.toLowerCase() ?? '';
    if (name === '') continue;
    // Programs ask for both families, which is one question of theirs.
    if (asked !== undefined) entry(name).byType.set(asked, (entry(name).byType.get(asked) ?? 0) + 1);
    else if (private_ !== undefined) entry(name).verdict = 'private';
    else if (what === 'forwarded') entry(name).verdict = 'allowed';
    else if (rest.endsWith(' is NXDOMAIN')) entry(name).verdict = 'denied';
  }
  return [...names]
    .flatMap(([name, { verdict, byType }]) =>
      verdict === undefined ? [] : [{ name, verdict, count: Math.max(1, ...byType.values()) }],
    )
    .toSorted((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
}
