import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';

/** @returns a line for each entry below a directory, by path: kind, mode, size, time, contents, which entries are one file */
export async function describeTree(root: string): Promise<string[]> {
  const lines: string[] = [];
  const firstOf = new Map<number, string>();
  const visit = async (path: string): Promise<void> => {
    const absolute = Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path, 'latin1')]);
    for (const entry of (await readdir(absolute, { encoding: 'buffer' })).toSorted((a, b) => a.compare(b))) {
      const name = entry.toString('latin1');
      const below = path === '' ? name : `${path}/${name}`;
      const at = Buffer.concat([Buffer.from(`${root}/`), Buffer.from(below, 'latin1')]);
      const stats = await lstat(at);
      const mode = (stats.mode & 0o7777).toString(8);
      const time = Math.floor(stats.mtimeMs / 1000);
      if (stats.isDirectory()) {
        lines.push(`${JSON.stringify(below)} directory ${mode} ${time}`);
        await visit(below);
      } else if (stats.isSymbolicLink())
        lines.push(`${JSON.stringify(below)} link ${JSON.stringify(await readlink(at, 'latin1'))}`);
      else if (stats.isFile()) {
        const first = firstOf.get(stats.ino) ?? below;
        firstOf.set(stats.ino, first);
        const digest = createHash('sha256')
          .update(await readFile(at))
          .digest('hex');
        const sparse = stats.size >= 1 << 20 && stats.blocks * 512 < stats.size / 2;
        lines.push(
          [JSON.stringify(below), 'file', mode, time, stats.size, digest, JSON.stringify(first), sparse].join(
            ' ',
          ),
        );
      } else lines.push(`${JSON.stringify(below)} special`);
    }
  };
  await visit('');
  return lines;
}
