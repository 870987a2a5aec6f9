import { createHash } from 'node:crypto';
import { open, readFile, stat, writeFile } from 'node:fs/promises';

/** What the stand-in's state file holds. */
export interface SnapshotState {
  memoryMiB: number;
  cpus: number;
  drives: readonly { id: string; path: string; isRoot: boolean; readOnly: boolean }[];
  nets: readonly { id: string; tap: string; mac: string | undefined }[];
  vsock: string | undefined;
  /** What the guest's kernel was told, an address among it. */
  bootArgs: string;
  /** What the guest's memory knows of its disk: `StandInMachine.tick`. */
  tick: number;
}

interface SnapshotPaths {
  state: string;
  memory: string;
}

const MAGIC = 'firecracker stand-in state';
const MEBIBYTE = 2 ** 20;

/** Writes a state file with a checksum, as the real one has, and memory that is a sparse file. @returns why not */
export async function writeSnapshot(paths: SnapshotPaths, state: SnapshotState): Promise<string | undefined> {
  const text = JSON.stringify(state);
  try {
    await writeFile(paths.state, `${MAGIC} ${checksum(text)}\n${text}\n`);
  } catch (error) {
    return `Cannot perform open on the snapshot backing file: ${(error as Error).message}`;
  }
  try {
    await writeMemory(paths.memory, state.memoryMiB * MEBIBYTE, text);
  } catch (error) {
    return `Cannot perform open on the memory backing file: ${(error as Error).message}`;
  }
  return undefined;
}

/** @returns the state, or why it cannot be loaded, in Firecracker's words */
export async function readSnapshot(
  paths: SnapshotPaths,
): Promise<{ state: SnapshotState } | { why: string }> {
  const file = 'Failed to get snapshot state from file:';
  let content: string;
  try {
    content = await readFile(paths.state, 'utf8');
  } catch {
    return { why: `${file} Failed to open snapshot file: No such file or directory (os error 2)` };
  }
  const [head = '', text = ''] = content.split('\n');
  if (head !== `${MAGIC} ${checksum(text)}`)
    return { why: `${file} Failed to load snapshot state from file: CRC64 validation failed` };
  const state = JSON.parse(text) as SnapshotState;
  const size = await stat(paths.memory).then(
    (found) => found.size,
    () => undefined,
  );
  const memory =
    'Failed to load guest memory: Error creating guest memory from file: Failed to load guest memory:';
  if (size === undefined) return { why: `${memory} No such file or directory (os error 2)` };
  if (size !== state.memoryMiB * MEBIBYTE) return { why: `${memory} the file has ${size} bytes` };
  return { state };
}

/** Holes, with something at the beginning and at the end: what is lost of it shows. */
export async function writeMemory(path: string, size: number, text: string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.truncate(size);
    await file.write(text, 0);
    await file.write(text, size - Buffer.byteLength(text));
  } finally {
    await file.close();
  }
}

function checksum(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
