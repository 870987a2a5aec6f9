import type { LabelTable } from '../hash/label-table.ts';

/** @returns the ids of the labels of the main repository that may mean a path: any part of it may be the package */
export function labelsOfPath(labels: LabelTable, path: string): number[] {
  const spellings = new Set([path, Buffer.from(path, 'utf8').toString('latin1')]);
  const found: number[] = [];
  const look = (label: string): void => {
    const bytes = Buffer.from(label, 'utf8');
    const id = labels.find(bytes, 0, bytes.length);
    if (id !== -1) found.push(id);
  };
  for (const spelling of spellings) {
    const ends = [0, ...[...spelling.matchAll(/\//g)].map(({ index }) => index)];
    for (const prefix of ['//', '@//', '@@//'])
      for (const end of ends)
        look(`${prefix}${spelling.slice(0, end)}:${spelling.slice(end === 0 ? 0 : end + 1)}`);
    // How the .bzl files of instantiation stacks are named.
    look(`//${spelling}`);
  }
  return found;
}
