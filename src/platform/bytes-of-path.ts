/** @returns the bytes of a path below a directory that has one character a byte, as names that need not be text are kept */
export function bytesOfPath(root: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path, 'latin1')]);
}
