import { DewarError } from '../core/errors.ts';
import { batched } from './batched.ts';
import type { CommandHost } from './command-host.ts';
import type { FileHost, FileKind, ListedEntry } from './file-host.ts';
import { readTar } from './read-tar.ts';

export interface FileLimits {
  signal?: AbortSignal | undefined;
  /** Of each call. */
  deadlineMs?: number | undefined;
}

/** More than this is not read into memory by one call. */
const MOST_BYTES = 256 << 20;

/**
 * The files of a place where programs can be run: GNU find, tar, xargs and realpath, which every Debian has. Whatever they
 * say that is not understood is an error.
 * @throws DewarError UNREADABLE by each function of the result, and those of running programs
 */
export function filesOverCommands(commands: CommandHost, limits: FileLimits = {}): FileHost {
  const ask = new Questions(commands, limits);
  const read = batched((paths) => ask.read(paths));
  const list = batched((paths) => ask.list(paths));
  const link = batched((paths) => ask.links(paths));
  const kind = batched((paths) => ask.kinds(paths));
  const real = batched((paths) => ask.realPaths(paths));
  return {
    read,
    list,
    async readLink(path) {
      const target = await link(path);
      if (target === undefined) throw unreadable(path, 'it is no link');
      return target;
    },
    realPath: real,
    isFile: async (path) => (await kind(path)) === 'file',
  };
}

class Questions {
  readonly #commands: CommandHost;
  readonly #limits: FileLimits;

  constructor(commands: CommandHost, limits: FileLimits) {
    this.#commands = commands;
    this.#limits = limits;
  }

  async read(paths: readonly string[]): Promise<Map<string, Buffer>> {
    const { bytes, absent } = await this.#run(paths, TAR);
    const members = readTar(bytes);
    if (typeof members === 'string') throw unreadable(paths[0], members);
    if (members.length + absent !== paths.length) throw unreadable(paths[0], 'not every file came');
    const odd = members.find((member) => member.kind === 'other');
    if (odd !== undefined) throw unreadable(odd.name, 'it is neither a file nor a directory');
    return new Map(members.flatMap(({ name, kind, content }) => (kind === 'file' ? [[name, content]] : [])));
  }

  async list(paths: readonly string[]): Promise<Map<string, ListedEntry[]>> {
    const { records } = await this.#find(paths, LIST, 4);
    const found = new Map<string, ListedEntry[]>();
    for (const [start = '', depth, name = '', type] of records) {
      if (depth === '0') {
        if (type === 'd') found.set(start, []);
      } else found.get(start)?.push({ name, kind: kindOf(type) });
    }
    return found;
  }

  async links(paths: readonly string[]): Promise<Map<string, string>> {
    const { records } = await this.#find(paths, LINKS, 3);
    return new Map(
      records.flatMap(([path = '', type, target = '']) => (type === 'l' ? [[path, target]] : [])),
    );
  }

  async kinds(paths: readonly string[]): Promise<Map<string, FileKind>> {
    const { records } = await this.#find(paths, KINDS, 2);
    return new Map(records.map(([path = '', type]) => [path, kindOf(type)]));
  }

  async realPaths(paths: readonly string[]): Promise<Map<string, string>> {
    const { bytes, absent } = await this.#run(paths, REAL_PATHS);
    const real = fieldsOf(bytes);
    if (absent > 0 || real.length !== paths.length) throw unreadable(paths[0], 'its real path is not known');
    return new Map(paths.map((path, at) => [path, real[at] as string]));
  }

  /** @param width number of fields of a record */
  async #find(
    paths: readonly string[],
    command: readonly string[],
    width: number,
  ): Promise<{ records: string[][] }> {
    const { bytes } = await this.#run(paths, command);
    const fields = fieldsOf(bytes);
    if (fields.length % width !== 0) throw unreadable(paths[0], 'a list of files is not whole');
    const records: string[][] = [];
    for (let at = 0; at < fields.length; at += width) records.push(fields.slice(at, at + width));
    return { records };
  }

  /** @returns what it wrote, and how many paths name nothing */
  async #run(
    paths: readonly string[],
    [program = '', ...args]: readonly string[],
  ): Promise<{ bytes: Buffer; absent: number }> {
    const chunks: Buffer[] = [];
    let size = 0;
    const onChunk = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > MOST_BYTES) throw unreadable(paths[0], `with others it has more than ${MOST_BYTES} bytes`);
      chunks.push(Buffer.from(chunk));
    };
    const input = Buffer.from(paths.map((path) => `${path}\0`).join(''));
    const result = await this.#commands.stream(program, args, { ...this.#limits, env: ENV, input, onChunk });
    const said = result.stderr.split('\n').filter((line) => line !== '' && !AFTERWARDS.test(line));
    const strange = said.find((line) => !ABSENT.test(line));
    if (strange !== undefined) throw unreadable(paths[0], strange);
    if (result.exitCode !== 0 && said.length === 0)
      throw unreadable(paths[0], `${program} ended with ${result.exitCode}`);
    return { bytes: Buffer.concat(chunks), absent: said.length };
  }
}

const ENV = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };
/** Paths come by stdin, ended by zero bytes, and are absolute, so that none is taken for an option. */
const TAR = [
  'tar',
  '--create',
  '--file=-',
  '--format=gnu',
  '--absolute-names',
  '--dereference',
  '--hard-dereference',
  '--no-recursion',
  '--null',
  '--files-from=-',
];
const LIST = findCommand('-H', 1, String.raw`%H\0%d\0%f\0%y\0`);
const LINKS = findCommand('-P', 0, String.raw`%p\0%y\0%l\0`);
const KINDS = findCommand('-L', 0, String.raw`%p\0%y\0`);
const REAL_PATHS = ['xargs', '-0', '-r', 'realpath', '-z', '-m', '--'];

function findCommand(follow: string, depth: number, format: string): string[] {
  const script = `exec find ${follow} "$@" -maxdepth ${depth} -printf "$0"`;
  return ['xargs', '-0', '-r', 'sh', '-c', script, format];
}

/** With the locale C. */
const ABSENT = /: (?:No such file or directory|Not a directory)$/;
const AFTERWARDS = /^tar: Exiting with failure status due to previous errors$/;

function fieldsOf(bytes: Buffer): string[] {
  return bytes.length === 0 ? [] : bytes.toString('utf8').slice(0, -1).split('\0');
}

function kindOf(type: string | undefined): FileKind {
  if (type === 'f') return 'file';
  if (type === 'd') return 'directory';
  return type === 'l' ? 'link' : 'other';
}

function unreadable(path: string | undefined, why: string): DewarError {
  return new DewarError({
    code: 'UNREADABLE',
    message: `${path ?? 'a file'} could not be read in the machine: ${why}`,
    mend: 'look at it there; the machine needs tar, find, xargs and realpath as in Debian',
  });
}
