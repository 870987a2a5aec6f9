/** One entry of an initial RAM disk. Owner is root, times are zero. */
export type CpioEntry =
  | { type: 'file'; path: string; mode: number; content: Uint8Array }
  | { type: 'directory'; path: string; mode: number }
  | { type: 'character-device'; path: string; mode: number; major: number; minor: number };

const TYPE_BITS = { file: 0o100000, directory: 0o040000, 'character-device': 0o020000 } as const;

/**
 * Writes an archive that the kernel unpacks as its initial RAM file system: cpio in the "newc" format, as described in
 * the kernel's Documentation/driver-api/early-userspace/buffer-format.rst. Equal entries give equal bytes.
 * @param entries in order; a directory before what it holds
 */
export function cpioArchive(entries: readonly CpioEntry[]): Buffer {
  const parts = entries.map((entry, index) => member(entry, index + 1));
  return Buffer.concat([
    ...parts,
    header('TRAILER!!!', { mode: 0, inode: 0, links: 1, size: 0, device: [0, 0] }),
  ]);
}

function member(entry: CpioEntry, inode: number): Buffer {
  const content = entry.type === 'file' ? entry.content : new Uint8Array();
  const start = header(entry.path, {
    mode: TYPE_BITS[entry.type] | entry.mode,
    inode,
    links: entry.type === 'directory' ? 2 : 1,
    size: content.length,
    device: entry.type === 'character-device' ? [entry.major, entry.minor] : [0, 0],
  });
  return Buffer.concat([start, content, padding(content.length)]);
}

function header(
  path: string,
  values: { mode: number; inode: number; links: number; size: number; device: [number, number] },
): Buffer {
  const name = Buffer.from(`${path}\0`, 'utf8');
  const { mode, inode, links, size, device } = values;
  // inode, mode, uid, gid, links, mtime, size, device of the file, device it is, length of the name, checksum
  const fields = [inode, mode, 0, 0, links, 0, size, 0, 0, ...device, name.length, 0];
  const text = `070701${fields.map((value) => value.toString(16).padStart(8, '0')).join('')}`;
  return Buffer.concat([Buffer.from(text, 'latin1'), name, padding(text.length + name.length)]);
}

/** Names and contents end on a multiple of four. */
function padding(length: number): Buffer {
  return Buffer.alloc((4 - (length % 4)) % 4);
}
