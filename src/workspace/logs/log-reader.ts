import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { plainLines } from '../../core/plain-lines.ts';
import { isAbsent } from '../../platform/errno.ts';

/** Reads a log that others write. */
export interface LogReader {
  /** @returns the lines that are whole since the last time, as text that is safe to show, in parts */
  newLines(): AsyncGenerator<string[]>;
  /** @returns what has no end yet */
  rest(): string[];
  /** @returns true when another file has its name now, or it was cut; a file that is gone is read on */
  isReplaced(): Promise<boolean>;
  close(): Promise<void>;
}

const CHUNK = 256 << 10;
/** How far back the first lines are looked for. */
const MOST_BACK = 4 << 20;
/** One that is longer comes in parts. */
const MOST_OF_A_LINE = 16 << 10;

/**
 * @param path absolute
 * @param most lines of what is there already
 * @returns undefined where there is no such file
 */
export async function openLogReader(path: string, most: number): Promise<LogReader | undefined> {
  const file = await openIfPresent(path);
  if (file === undefined) return undefined;
  const lines = lineSplitter();
  let at = await startOfLines(file, most);
  return {
    async *newLines() {
      for (;;) {
        const { buffer, bytesRead } = await file.read(Buffer.alloc(CHUNK), 0, CHUNK, at);
        if (bytesRead === 0) return;
        at += bytesRead;
        const whole = lines.add(buffer.subarray(0, bytesRead));
        if (whole.length > 0) yield whole;
      }
    },
    rest: lines.rest,
    async isReplaced() {
      const mine = await file.stat();
      if (mine.size < at) return true;
      const there = await openIfPresent(path);
      if (there === undefined) return false;
      const { ino, dev } = await there.stat();
      await there.close();
      return ino !== mine.ino || dev !== mine.dev;
    },
    close: () => file.close(),
  };
}

async function openIfPresent(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

const NEWLINE = '\n'.charCodeAt(0);

/** @returns where the last lines begin; one without an end is the last of them */
async function startOfLines(file: FileHandle, most: number): Promise<number> {
  const { size } = await file.stat();
  const from = Math.max(0, size - MOST_BACK);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
  const text = buffer.subarray(0, bytesRead);
  if (most === 0) return from + text.length;
  let begin = text.at(-1) === NEWLINE ? text.length - 1 : text.length;
  for (let found = 0; ; found++) {
    const newline = begin === 0 ? -1 : text.lastIndexOf(NEWLINE, begin - 1);
    if (newline === -1) return from;
    if (found + 1 >= most) return from + newline + 1;
    begin = newline;
  }
}

function lineSplitter(): { add: (chunk: Buffer) => string[]; rest: () => string[] } {
  const decoder = new StringDecoder('utf8');
  let pending = '';
  return {
    add(chunk) {
      pending += decoder.write(chunk);
      const end = pending.length > MOST_OF_A_LINE ? pending.length : pending.lastIndexOf('\n') + 1;
      const whole = pending.slice(0, end);
      pending = pending.slice(end);
      return plainLines(whole);
    },
    rest() {
      const last = pending;
      pending = '';
      return plainLines(last);
    },
  };
}
