import { askPaths, TAR_COMMAND, unreadableThere } from './ask-paths.ts';
import type { FileLimits } from './ask-paths.ts';
import { batched } from './batched.ts';
import type { CommandHost } from './command-host.ts';
import type { FileHost, FileKind, ListedEntry } from './file-host.ts';
import { readTar } from './read-tar.ts';

/**
 * The files of a place where programs can be run: GNU find, tar, xargs and realpath, which every Debian has. Each file is
 * looked at once. Whatever they say that is not understood is an error.
 * @throws DewarError UNREADABLE by each function of the result, and those of running programs
 */
export function filesOverCommands(commands: CommandHost, limits: FileLimits = {}): FileHost {
  const ask = new Questions(commands, limits);
  const link = batched((paths) => ask.links(paths));
  const kind = batched((paths) => ask.kinds(paths));
  return {
    read: batched((paths) => ask.read(paths)),
    list: batched((paths) => ask.list(paths)),
    async readLink(path) {
      const target = await link(path);
      if (target === undefined) throw unreadableThere(path, 'it is no link');
      return target;
    },
    realPath: batched((paths) => ask.realPaths(paths)),
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
    const { bytes, absent } = await askPaths(this.#commands, TAR_COMMAND, paths, this.#limits);
    const members = readTar(bytes);
    if (typeof members === 'string') throw unreadableThere(paths[0], members);
    if (members.length + absent !== paths.length) throw unreadableThere(paths[0], 'not every file came');
    const found = new Map<string, Buffer>();
    for (const { name, kind, content } of members) {
      if (kind === 'other') throw unreadableThere(name, 'it is neither a file nor a directory');
      if (kind === 'file') found.set(name.toString('utf8'), content);
    }
    return found;
  }

  async list(paths: readonly string[]): Promise<Map<string, ListedEntry[]>> {
    const found = new Map<string, ListedEntry[]>();
    for (const [start = '', depth, name = '', type] of await this.#records(paths, LIST, 4)) {
      if (depth === '0') {
        if (type === 'd') found.set(start, []);
      } else found.get(start)?.push({ name, kind: kindOf(type) });
    }
    return found;
  }

  async links(paths: readonly string[]): Promise<Map<string, string>> {
    const records = await this.#records(paths, LINKS, 3);
    return new Map(
      records.flatMap(([path = '', type, target = '']) => (type === 'l' ? [[path, target]] : [])),
    );
  }

  async kinds(paths: readonly string[]): Promise<Map<string, FileKind>> {
    const records = await this.#records(paths, KINDS, 2);
    return new Map(records.map(([path = '', type]) => [path, kindOf(type)]));
  }

  async realPaths(paths: readonly string[]): Promise<Map<string, string>> {
    const real = (await this.#records(paths, REAL_PATHS, 1)).flat();
    if (real.length !== paths.length) throw unreadableThere(paths[0], 'its real path is not known');
    return new Map(paths.map((path, at) => [path, real[at] as string]));
  }

  /** @param width number of fields of a record */
  async #records(paths: readonly string[], command: readonly string[], width: number): Promise<string[][]> {
    const { bytes } = await askPaths(this.#commands, command, paths, this.#limits);
    const fields = bytes.toString('utf8').split('\0');
    if (fields.pop() !== '' || fields.length % width !== 0)
      throw unreadableThere(paths[0], 'a list of files is not whole');
    const records: string[][] = [];
    for (let at = 0; at < fields.length; at += width) records.push(fields.slice(at, at + width));
    return records;
  }
}

const LIST = findCommand('-H', 1, String.raw`%H\0%d\0%f\0%y\0`);
const LINKS = findCommand('-P', 0, String.raw`%p\0%y\0%l\0`);
const KINDS = findCommand('-L', 0, String.raw`%p\0%y\0`);
const REAL_PATHS = ['xargs', '-0', '-r', 'realpath', '-z', '-m', '--'];

function findCommand(follow: string, depth: number, format: string): string[] {
  const script = `exec find ${follow} "$@" -maxdepth ${depth} -printf "$0"`;
  return ['xargs', '-0', '-r', 'sh', '-c', script, format];
}

function kindOf(type: string | undefined): FileKind {
  if (type === 'f') return 'file';
  if (type === 'd') return 'directory';
  return type === 'l' ? 'link' : 'other';
}
