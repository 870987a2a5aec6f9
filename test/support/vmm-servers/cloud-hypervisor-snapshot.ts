import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeMemory } from './firecracker-snapshot.ts';
import type { VmConfig } from './validate-vm.ts';

/** What the stand-in's `state.json` holds. */
interface State {
  /** What the guest's memory knows of its disk: `StandInMachine.tick`. */
  tick: number;
  devices: string[];
}

const FILES = { config: 'config.json', state: 'state.json', memory: 'memory-ranges' } as const;
const NEW = { flag: 'wx', mode: 0o600 } as const;

/** Writes a snapshot into an empty directory, its memory as a sparse file. @returns why not */
export async function writeSnapshot(
  url: string,
  config: VmConfig,
  state: State,
): Promise<string | undefined> {
  const directory = await directoryOf(url);
  if ('why' in directory) return directory.why;
  const at = (name: string): string => join(directory.path, name);
  try {
    await writeFile(at(FILES.config), JSON.stringify(config), NEW);
    await writeFile(at(FILES.state), JSON.stringify(state), NEW);
    await writeFile(at(FILES.memory), '', NEW);
    await writeMemory(at(FILES.memory), config.memory.size, JSON.stringify(state));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** @returns a snapshot, or why it cannot be loaded */
export async function readSnapshot(
  url: string,
): Promise<{ config: VmConfig; state: State } | { why: string }> {
  const directory = await directoryOf(url);
  if ('why' in directory) return directory;
  const at = (name: string): string => join(directory.path, name);
  try {
    const config = JSON.parse(await readFile(at(FILES.config), 'utf8')) as VmConfig;
    const state = JSON.parse(await readFile(at(FILES.state), 'utf8')) as State;
    const { size } = await stat(at(FILES.memory));
    return size === config.memory.size ? { config, state } : { why: `${FILES.memory} has ${size} bytes` };
  } catch (error) {
    return { why: (error as Error).message };
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
