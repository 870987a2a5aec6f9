import { readFile } from 'node:fs/promises';

/** Memory of a process as proc(5) has it in smaps, in MiB. */
export interface ProcessMemory {
  /** Pages that only this process has, because it wrote them. */
  private_mib: number;
  /** Of those, in mappings of the file that was asked for: what a guest wrote to its memory. */
  private_of_file_mib: number;
  /** Pages of files, as in the page cache: all who map them share them. */
  shared_mib: number;
  /** Both. */
  resident_mib: number;
}

/**
 * @param file end of the path of a mapped file
 * @throws errors of the file system, when there is no such process
 */
export async function processMemory(pid: number, file: string): Promise<ProcessMemory> {
  return parseSmaps(await readFile(`/proc/${pid}/smaps`, 'latin1'), file);
}

/** @param smaps text of /proc/<pid>/smaps */
export function parseSmaps(smaps: string, file: string): ProcessMemory {
  const sums = { private: 0, ofFile: 0, resident: 0 };
  let inFile = false;
  for (const line of smaps.split('\n')) {
    const [, name = '', kib = ''] = /^(\w+): +(\d+) kB$/.exec(line) ?? [];
    if (/^[0-9a-f]+-[0-9a-f]+ /.test(line)) inFile = line.endsWith(file);
    else if (name === 'Rss') sums.resident += Number(kib);
    // A page of a private mapping is anonymous as soon as it was written; until then it is the file's.
    else if (name === 'Anonymous') {
      sums.private += Number(kib);
      if (inFile) sums.ofFile += Number(kib);
    }
  }
  return {
    private_mib: sums.private / 1024,
    private_of_file_mib: sums.ofFile / 1024,
    shared_mib: (sums.resident - sums.private) / 1024,
    resident_mib: sums.resident / 1024,
  };
}
