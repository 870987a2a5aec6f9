import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compareText } from '../core/compare-text.ts';

/** One file that dewar itself puts into a guest. */
export interface GuestFile {
  /** In the guest, without a slash in front. */
  path: string;
  mode: 0o755 | 0o644;
  content: Buffer;
  sha256: string;
}

/** What of dewar's own package goes into a guest of a profile. */
export interface GuestFiles {
  /** Sorted by path. */
  files: GuestFile[];
  /** The first program of the initrd. */
  initrdInit: GuestFile;
  /** Runs in the new root file system once all is installed. */
  configure: GuestFile;
}

/** Reads the files of some layers (directories of images/guest/); a later layer replaces what an earlier one has. */
export async function readGuestFiles(layers: readonly string[]): Promise<GuestFiles> {
  const root = imagesDirectory();
  const files = new Map<string, GuestFile>();
  for (const layer of layers)
    for (const file of await readTree(join(root, 'guest', layer))) files.set(file.path, file);
  return {
    files: [...files.values()].toSorted((a, b) => compareText(a.path, b.path)),
    initrdInit: await readGuestFile(join(root, 'initrd', 'init'), 'init'),
    configure: await readGuestFile(join(root, 'configure.sh'), 'configure.sh'),
  };
}

/** The directory images/ of this package: beside dist/, or beside src/ in a checkout. */
function imagesDirectory(): string {
  let at = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(at, 'images', 'guest')) && dirname(at) !== at) at = dirname(at);
  return join(at, 'images');
}

async function readTree(root: string): Promise<GuestFile[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => readGuestFile(path, relative(root, path).replaceAll(sep, '/'))),
  );
}

async function readGuestFile(from: string, path: string): Promise<GuestFile> {
  const content = await readFile(from);
  // Modes do not survive every way to install a package: a script says itself that it is one.
  const mode = content.subarray(0, 2).toString('latin1') === '#!' ? 0o755 : 0o644;
  return { path, mode, content, sha256: createHash('sha256').update(content).digest('hex') };
}
