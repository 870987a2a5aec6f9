/** A failure of the set-up that is told to the user without a stack: what went wrong, and what mends it. */
export class SetupError extends Error {
  name = 'SetupError';
}

/** One line about what the set-up does; on stderr, as stdout is for results. */
export function say(line) {
  process.stderr.write(`set-up: ${line}\n`);
}

/** Runs a script's main function; an expected failure ends it with one message and exit code 1. */
export async function main(work) {
  try {
    process.exitCode = (await work()) ?? 0;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}
