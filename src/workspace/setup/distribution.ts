/** What this host says it is. */
export interface Distribution {
  /** `debian`, `ubuntu`, `fedora` … */
  id: string;
  /** `12`, `24.04`; undefined for one that never stands still. */
  version: number | undefined;
  /** For people. */
  name: string;
}

/** @param text of /etc/os-release */
export function parseOsRelease(text: string): Distribution {
  const values = new Map(
    text.split('\n').flatMap((line) => {
      const [, key, value] = /^([A-Z_]+)=(.*)$/.exec(line) ?? [];
      return key === undefined || value === undefined ? [] : [[key, unquoted(value.trim())] as const];
    }),
  );
  const version = Number.parseFloat(values.get('VERSION_ID') ?? '');
  return {
    id: values.get('ID') ?? 'linux',
    version: Number.isNaN(version) ? undefined : version,
    name: values.get('PRETTY_NAME') ?? values.get('NAME') ?? values.get('ID') ?? 'this Linux',
  };
}

function unquoted(value: string): string {
  return /^(["'])(.*)\1$/.exec(value)?.[2] ?? value;
}
