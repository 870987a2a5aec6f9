import { plainLines } from '../core/plain-lines.ts';

/** How often a guest asked for a name, and what came of it the last time. */
export interface AskedName {
  name: string;
  /** `private`: its address is one that no name may lead to. */
  verdict: 'allowed' | 'denied' | 'private';
  count: number;
}

interface Entry {
  verdict: AskedName['verdict'] | undefined;
  /** Whether its last question has an answer that could be used. */
  answered: boolean;
  /** Questions by type. */
  byType: Map<string, number>;
}

const LINE =
  /^dnsmasq\[\d+\]: (?:(query)\[([\w=]+)\]|(forwarded|config|reply)|possible DNS-(rebind) attack detected:) (.*)$/;

/**
 * @param text what dnsmasq said, whose names are a guest's
 * @returns the most asked first
 */
export function parseQueryLog(text: string): AskedName[] {
  const names = new Map<string, Entry>();
  for (const line of plainLines(text)) {
    const [, query, type = '', did, rebind, rest = ''] = LINE.exec(line) ?? [];
    const name = rest.split(' ')[0]?.toLowerCase() ?? '';
    if (name === '') continue;
    const entry = names.get(name) ?? {
      verdict: undefined,
      answered: false,
      byType: new Map<string, number>(),
    };
    names.set(name, entry);
    take(entry, (query ?? did ?? rebind) as What, type, rest);
  }
  return [...names]
    .flatMap(([name, { verdict, byType }]) =>
      verdict === undefined || byType.size === 0
        ? []
        : // Programs ask for both families, which is one question of theirs.
          [{ name, verdict, count: Math.max(...byType.values()) }],
    )
    .toSorted((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
}

type What = 'query' | 'forwarded' | 'config' | 'reply' | 'rebind';

function take(entry: Entry, what: What, type: string, rest: string): void {
  if (what === 'query') {
    entry.byType.set(type, (entry.byType.get(type) ?? 0) + 1);
    if (type === 'A') entry.answered = false;
  } else if (what === 'forwarded') entry.verdict ??= 'allowed';
  else if (what === 'config' && rest.endsWith(' is NXDOMAIN')) entry.verdict = 'denied';
  else if (what === 'reply' && / is (<CNAME>|[\d.]+)$/.test(rest)) {
    entry.answered = true;
    entry.verdict = 'allowed';
  }
  // It may be one of IPv6, which nobody uses, beside one that is right.
  else if (what === 'rebind' && !entry.answered) entry.verdict = 'private';
}
