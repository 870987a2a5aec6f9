import type { Readable, Writable } from 'node:stream';

/** An SFTP client (version 3) that asks a server whatever it is told to, as a hostile guest would. */
export interface RawSftp {
  /** @returns the type of the answer, and its contents after the id */
  ask(type: keyof typeof REQUESTS, ...words: readonly Word[]): Promise<{ type: number; data: Buffer }>;
}

/** A number is a uint32. */
type Word = string | Buffer | number;

const REQUESTS = {
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  lstat: 7,
  setstat: 9,
  fsetstat: 10,
  opendir: 11,
  readdir: 12,
  remove: 13,
  mkdir: 14,
  rmdir: 15,
  realpath: 16,
  stat: 17,
  rename: 18,
  readlink: 19,
  symlink: 20,
  extended: 200,
} as const;

export const ANSWERS = { status: 101, handle: 102, data: 103, name: 104, attributes: 105 } as const;

/** @returns attributes that are permissions alone */
export function permissions(mode: number): Buffer {
  return Buffer.concat([uint32(4), uint32(mode)]);
}

export async function rawSftp(input: Readable, output: Writable): Promise<RawSftp> {
  let id = 0;
  const packets = readPackets(input);
  const next = async (): Promise<Buffer> => {
    const { value, done } = await packets.next();
    if (done === true) throw new Error('the server has hung up');
    return value;
  };
  output.write(packet(1, uint32(3)));
  await next();
  return {
    async ask(type, ...words) {
      output.write(packet(REQUESTS[type], uint32(id++), ...words.map(encode)));
      const answer = await next();
      return { type: answer.readUInt8(0), data: answer.subarray(5) };
    },
  };
}

function packet(type: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat([Buffer.of(type), ...parts]);
  return Buffer.concat([uint32(body.length), body]);
}

/** Attributes are bytes that stand for themselves. */
function encode(word: Word): Buffer {
  if (typeof word === 'number') return uint32(word);
  if (Buffer.isBuffer(word)) return word;
  return Buffer.concat([uint32(Buffer.byteLength(word)), Buffer.from(word)]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

async function* readPackets(input: Readable): AsyncGenerator<Buffer, void> {
  let seen = Buffer.alloc(0);
  for await (const chunk of input) {
    seen = Buffer.concat([seen, chunk as Buffer]);
    while (seen.length >= 4 && seen.length >= 4 + seen.readUInt32BE(0)) {
      const end = 4 + seen.readUInt32BE(0);
      yield seen.subarray(4, end);
      seen = seen.subarray(end);
    }
  }
}
