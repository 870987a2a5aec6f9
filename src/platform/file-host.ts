import { readdir, readlink, realpath, stat } from 'node:fs/promises';
import type { Dirent } from 'node:fs';
import pLimit from 'p-limit';
import { isAbsent } from './errno.ts';
import { readIfPresent } from './read-if-present.ts';

/** Read access to the files of a place: this host, or a machine. Paths are absolute there. Any number may be asked at once. */
export interface FileHost {
  /** @returns undefined when there is no such file (or it is a directory); links are followed @throws DewarError UNREADABLE */
  read(path: string): Promise<Buffer | undefined>;
  /** @returns undefined when there is no such directory; a link to one is followed */
  list(directory: string): Promise<ListedEntry[] | undefined>;
  /** What a link says, as it is written. */
  readLink(path: string): Promise<string>;
  /** @returns the path without links; undefined, or the path that it would have, when it leads nowhere */
  realPath(path: string): Promise<string | undefined>;
  /** Whether a path leads to a plain file; true also for what cannot be looked at: who reads it hears why not. */
  isFile(path: string): Promise<boolean>;
}

export interface ListedEntry {
  name: string;
  /** Of the entry itself: a link is not followed. */
  kind: FileKind;
}

export type FileKind = 'file' | 'directory' | 'link' | 'other';

/** Open files are few. */
const limit = pLimit(64);

/** The files of this host. */
export const thisHostFiles: FileHost = {
  read: (path) => limit(() => readIfPresent(path)),

  async list(directory) {
    try {
      const entries = await readdir(directory, { withFileTypes: true });
      return entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) }));
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  },

  readLink: (path) => readlink(path),
  realPath: (path) => realpath(path).catch(() => undefined),

  isFile: (path) =>
    stat(path).then(
      (entry) => entry.isFile(),
      (error: unknown) => !isAbsent(error),
    ),
};

function kindOf(entry: Dirent): FileKind {
  if (entry.isSymbolicLink()) return 'link';
  if (entry.isDirectory()) return 'directory';
  return entry.isFile() ? 'file' : 'other';
}
