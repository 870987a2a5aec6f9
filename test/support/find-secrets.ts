import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Bytes that must be nowhere. */
export interface Needle {
  /** For people. */
  name: string;
  bytes: Buffer;
}

/** @returns what a secret looks like: as it is, in hex, and in base64 wherever in a longer text it begins */
export function needlesOf(name: string, secret: string | Buffer): Needle[] {
  const bytes = Buffer.from(secret as string);
  const base64 = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    // The characters at both ends have bits of what stands beside the secret.
    return text.replace(/=+$/, '').slice(Math.ceil((offset * 8) / 6), -1);
  });
  return [
    { name, bytes },
    { name: `${name} in hex`, bytes: Buffer.from(bytes.toString('hex')) },
    ...base64.map((text) => ({ name: `${name} in base64`, bytes: Buffer.from(text) })),
  ];
}

/** @returns where which needles are: `<where>: <name>` */
export function searchBytes(bytes: Buffer, where: string, needles: readonly Needle[]): string[] {
  return needles.filter((needle) => bytes.includes(needle.bytes)).map(({ name }) => `${where}: ${name}`);
}

const CHUNK = 8 << 20;

/**
 * Reads every file below some paths, which may be files; what is no regular file, and `without`, is left out.
 * @returns where needles are, and how much was read
 */
export async function searchFiles(
  paths: readonly string[],
  needles: readonly Needle[],
  without: (path: string) => boolean = () => false,
): Promise<{ found: string[]; bytes: number; files: string[] }> {
  const result = { found: new Set<string>(), bytes: 0, files: [] as string[] };
  const overlap = Math.max(...needles.map(({ bytes }) => bytes.length)) - 1;
  for (const path of (await Promise.all(paths.map(filesBelow))).flat().filter((one) => !without(one))) {
    // One that has just gone has nothing.
    await using file = await open(path, 'r').catch(() => undefined);
    if (file === undefined) continue;
    result.files.push(path);
    const buffer = Buffer.alloc(overlap + CHUNK);
    for (let kept = 0; ;) {
      const { bytesRead } = await file.read(buffer, kept, CHUNK);
      if (bytesRead === 0) break;
      const end = kept + bytesRead;
      for (const hit of searchBytes(buffer.subarray(0, end), path, needles)) result.found.add(hit);
      result.bytes += bytesRead;
      const from = Math.max(0, end - overlap);
      buffer.copyWithin(0, from, end);
      kept = end - from;
    }
  }
  return { ...result, found: [...result.found] };
}

async function filesBelow(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOTDIR') return undefined;
      if (error.code === 'ENOENT') return [];
      throw error;
    },
  );
  if (entries === undefined) return [path];
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

/** Looks at the arguments and variables of all processes, again and again. */
export interface ProcessWatch {
  /** @returns which of them had needles, and how many processes were looked at */
  stop(): Promise<{ found: string[]; looked: number }>;
}

const POLL_MS = 25;

/** @param mayHave whether a process, by its command line, may have them in its variables */
export function watchProcesses(
  needles: readonly Needle[],
  mayHave: (commandLine: string) => boolean,
): ProcessWatch {
  const found = new Set<string>();
  const seen = new Set<string>();
  const state = { stopped: false };
  const look = async (pid: string): Promise<void> => {
    const read = (name: string): Promise<Buffer> =>
      readFile(`/proc/${pid}/${name}`).catch(() => Buffer.alloc(0));
    const [line, variables] = [await read('cmdline'), await read('environ')];
    const text = line.toString().replaceAll('\0', ' ');
    seen.add(`${pid} ${text}`);
    for (const hit of searchBytes(line, `arguments of ${text}`, needles)) found.add(hit);
    if (mayHave(text)) return;
    for (const hit of searchBytes(variables, `variables of ${text}`, needles)) found.add(hit);
  };
  const watching = (async () => {
    while (!state.stopped) {
      await Promise.all((await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(look));
      await sleep(POLL_MS);
    }
  })();
  return {
    async stop() {
      state.stopped = true;
      await watching;
      return { found: [...found], looked: seen.size };
    },
  };
}
