import type { PipeResult, PipeSource } from './pipe-commands.ts';

export interface ArchiveInput {
  /** Absolute. */
  directory: string;
  /** Of files, links and directories, each relative and ended by NUL; a directory's own contents are not meant. */
  names: Iterable<Buffer>;
  /** Who they belong to in the archive. */
  owner: { uid: number; gid: number };
  /** Called with how many bytes of the archive are written, about every megabyte. */
  onBytes?: (bytes: number) => void;
}

export interface ArchiveResult {
  /** 0: all is in it; 1: something vanished or changed meanwhile, or could not be read; else it is no whole archive. */
  exitCode: number;
  /** What tar said. */
  stderr: string;
  reader: { exitCode: number; stderr: string };
}

const STDERR_LIMIT = 64 << 10;
/** Bytes; tar's own. */
const RECORD = 10_240;
/** Between two marks. */
const RECORDS = 100;
const MARK = /^tar: written (\d+)$/;

/**
 * Writes a tar archive (GNU's format; holes stay holes, hard links stay links) of named files to a program: this process sees no byte of it.
 * @param pipe joins tar and the program
 * @throws whatever `pipe` throws
 */
export async function archiveFiles(
  input: ArchiveInput,
  pipe: (source: PipeSource) => Promise<PipeResult>,
): Promise<ArchiveResult> {
  const { directory, names, owner } = input;
  const args = [
    '--create',
    '--file=-',
    '--format=gnu',
    '--sparse',
    `--owner=user:${owner.uid}`,
    `--group=group:${owner.gid}`,
    '--numeric-owner',
    '--ignore-failed-read',
    '--quoting-style=escape',
    `--record-size=${RECORD}`,
    `--checkpoint=${RECORDS}`,
    '--checkpoint-action=echo=written %u',
    '--no-recursion',
    `--directory=${directory}`,
    '--null',
    '--verbatim-files-from',
    '--files-from=-',
  ];
  const said = stderrReader(input.onBytes);
  const { source, reader, stderr } = await pipe({
    file: 'tar',
    args,
    input: names,
    onStderr: (chunk) => said.read(chunk),
  });
  return { exitCode: source, stderr: said.words(), reader: { exitCode: reader, stderr } };
}

/** Tells marks from words. */
function stderrReader(onBytes: ArchiveInput['onBytes']): { read(chunk: Buffer): void; words(): string } {
  let rest = '';
  let words = '';
  return {
    read(chunk) {
      const lines = (rest + chunk.toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const records = MARK.exec(line)?.[1];
        if (records !== undefined) onBytes?.(Number(records) * RECORD);
        else if (words.length < STDERR_LIMIT) words += `${line}\n`;
      }
    },
    words: () => words + rest,
  };
}
