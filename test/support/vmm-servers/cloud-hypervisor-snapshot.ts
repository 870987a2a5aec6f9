import { open, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeMemory } from './firecracker-snapshot.ts';
import { memorySize } from './validate-vm.ts';
import type { VmConfig } from './validate-vm.ts';

/** What the stand-in's `state.json` holds. */
export interface SavedState {
  /** What the guest's memory knows of its disk: `StandInMachine.tick`. */
  tick: number;
  /** Names of the devices. */
  devices: readonly string[];
  /** Bytes that are in `memory-ranges`; what is in a shared file is not. */
  ranges: number;
  memory: number;
}

const FILES = { config: 'config.json', state: 'state.json', memory: 'memory-ranges' } as const;
const NEW = { flag: 'wx', mode: 0o600 } as const;

/** Writes a snapshot into an empty directory, its memory as a sparse file. @returns why not */
export async function writeSnapshot(
  url: string,
  config: VmConfig,
  { tick, devices }: Pick<SavedState, 'tick' | 'devices'>,
): Promise<string | undefined> {
  const directory = await directoryOf(url);
  if ('why' in directory) return directory.why;
  const at = (name: string): string => join(directory.path, name);
  const files = filesOf(config).filter(({ shared }) => shared);
  const memory = memorySize(config);
  const ranges = files.reduce((left, { size }) => left - size, memory);
  const state: SavedState = { tick, devices, ranges, memory };
  try {
    await writeFile(at(FILES.config), JSON.stringify(config), NEW);
    await writeFile(at(FILES.state), JSON.stringify(state), NEW);
    for (const { path, size } of files) await writeMemory(path, size, JSON.stringify(state));
    if (ranges === 0) return undefined;
    await writeFile(at(FILES.memory), '', NEW);
    await writeMemory(at(FILES.memory), ranges, JSON.stringify(state));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** @returns a snapshot, or why it cannot be loaded */
export async function readSnapshot(
  url: string,
): Promise<{ config: VmConfig; state: SavedState } | { why: string }> {
  const directory = await directoryOf(url);
  if ('why' in directory) return directory;
  const at = (name: string): string => join(directory.path, name);
  try {
    const config = JSON.parse(await readFile(at(FILES.config), 'utf8')) as VmConfig;
    const text = await readFile(at(FILES.state), 'utf8');
    const state = JSON.parse(text) as SavedState;
    if (memorySize(config) !== state.memory)
      return { why: `the machine had ${state.memory} bytes of memory` };
    const kept = state.ranges === 0 ? filesOf(config) : [{ path: at(FILES.memory), size: state.ranges }];
    for (const { path, size } of kept) {
      if ((await stat(path)).size !== size) return { why: `${path} has not ${size} bytes` };
      if ((await readHead(path, text.length)) !== text) return { why: `${path} is of another moment` };
    }
    return { config, state };
  } catch (error) {
    return { why: (error as Error).message };
  }
}

/** Files of this host that are a guest's memory. */
function filesOf({ memory }: VmConfig): { path: string; size: number; shared: boolean }[] {
  return (memory.zones ?? []).flatMap(({ file, size, shared = false }) =>
    file === undefined ? [] : [{ path: file, size, shared }],
  );
}

async function readHead(path: string, length: number): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, 0);
    return buffer.toString('utf8');
  } finally {
    await file.close();
  }
}

async function directoryOf(url: string): Promise<{ path: string } | { why: string }> {
  if (!url.startsWith('file://')) return { why: `Could not extract path from URL: ${url}` };
  const path = url.slice('file://'.length);
  const isDirectory = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return isDirectory ? { path } : { why: `Destination is not a directory: "${path}"` };
}
