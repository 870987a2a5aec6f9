/**
 * @param listing output of `git ls-tree -r -z COMMIT` (git-ls-tree(1))
 * @returns the paths of the plain files in it, as far as they are UTF-8
 */
export function plainFiles(listing: Buffer): Set<string> {
  const paths = new Set<string>();
  for (const entry of listing.toString('utf8').split('\0')) {
    const tab = entry.indexOf('\t');
    const path = entry.slice(tab + 1);
    if (PLAIN.test(entry) && !path.includes('\ufffd')) paths.add(path);
  }
  return paths;
}

const PLAIN = /^100(?:644|755) blob /;
