/** The entries of a commit that are no plain files, or that say how git writes others. */
export interface TreeOddities {
  symlinks: { path: string; blob: string }[];
  /** Submodules. */
  gitlinks: string[];
  /** Paths of .gitattributes files. */
  attributes: string[];
}

/**
 * @param listing output of `git ls-tree -r -z COMMIT` (git-ls-tree(1)): mode, type, object and path of each entry, ended
 *   by a zero byte. Paths are relative to where it ran.
 */
export function treeOddities(listing: Buffer): TreeOddities {
  const symlinks = entriesOf(listing, '120000 blob ');
  return {
    symlinks: symlinks.map(({ path, object }) => ({ path, blob: object })),
    gitlinks: entriesOf(listing, '160000 commit ').map(({ path }) => path),
    attributes: attributeFiles(listing),
  };
}

interface Entry {
  object: string;
  path: string;
}

const TAB = 0x09;

/** What follows a zero byte is a mode and never a part of a path, so the whole listing is searched at once. */
function entriesOf(listing: Buffer, head: string): Entry[] {
  const entries: Entry[] = [];
  for (let start = nextEntry(listing, head, 0); start !== -1;) {
    const tab = listing.indexOf(TAB, start);
    const end = endOf(listing, tab);
    entries.push({
      object: listing.toString('latin1', start + head.length, tab),
      path: listing.toString('utf8', tab + 1, end),
    });
    start = nextEntry(listing, head, end);
  }
  return entries;
}

/** @param from 0, or where an entry ends */
function nextEntry(listing: Buffer, head: string, from: number): number {
  if (from === 0 && listing.toString('latin1', 0, head.length) === head) return 0;
  const found = listing.indexOf(`\0${head}`, from, 'latin1');
  return found === -1 ? -1 : found + 1;
}

const ATTRIBUTES = '.gitattributes';

function attributeFiles(listing: Buffer): string[] {
  const paths: string[] = [];
  for (
    let at = listing.indexOf(`${ATTRIBUTES}\0`, 0, 'latin1');
    at !== -1;
    at = listing.indexOf(`${ATTRIBUTES}\0`, at + 1, 'latin1')
  ) {
    const start = listing.lastIndexOf(TAB, at);
    const path = listing.toString('utf8', start + 1, at + ATTRIBUTES.length);
    if (path === ATTRIBUTES || path.endsWith(`/${ATTRIBUTES}`)) paths.push(path);
  }
  return paths;
}

function endOf(listing: Buffer, start: number): number {
  const end = listing.indexOf(0, start);
  return end === -1 ? listing.length : end;
}
