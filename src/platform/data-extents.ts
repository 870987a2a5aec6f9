import { runCommand } from './run-command.ts';

/** Half-open, in bytes. */
export interface Extent {
  from: number;
  to: number;
}

/** lseek(2)'s SEEK_DATA (3) and SEEK_HOLE (4), which Node has not; what perl does not know it hands to the kernel. */
const SCRIPT = `use Fcntl; sysopen(my $file, $ARGV[0], O_RDONLY | O_NOFOLLOW | O_NONBLOCK) or exit 1;
my $at = 0;
while (defined(my $from = sysseek($file, $at, 3))) {
  $at = sysseek($file, $from, 4) // exit 1;
  $at > $from or exit 1;
  print $from + 0, " $at\\n";
}
exit($!{ENXIO} ? 0 : 1);`;
const LINE = /^(\d+) (\d+)$/;
const DEADLINE_MS = 60_000;

/**
 * The parts of a file that are no holes, in order; all outside them reads as zeros.
 * @param size of the file, in bytes
 * @returns the whole file where the file system or this host cannot tell
 */
export async function dataExtents(path: string, size: number): Promise<Extent[]> {
  const whole = [{ from: 0, to: size }];
  try {
    const { exitCode, stdout } = await runCommand('perl', ['-MErrno', '-e', SCRIPT, path], {
      deadlineMs: DEADLINE_MS,
    });
    return exitCode === 0 ? (parseExtents(stdout.toString('latin1'), size) ?? whole) : whole;
  } catch {
    return whole;
  }
}

function parseExtents(text: string, size: number): Extent[] | undefined {
  const extents: Extent[] = [];
  let at = 0;
  for (const line of text.split('\n').slice(0, -1)) {
    const [, from = NaN, to = NaN] = (LINE.exec(line) ?? []).map(Number);
    if (!(from >= at && to > from && to <= size)) return undefined;
    extents.push({ from, to });
    at = to;
  }
  return extents;
}
