import { createWriteStream } from 'node:fs';

/** What is said to a machine's VMM and guest agent, and by them, as lines of a file. */
export interface ProtocolLog {
  /** @returns what writes the lines of one of them */
  as(peer: string): (direction: string, line: string) => void;
  end(): void;
}

const LOG_LIMIT = 16 << 20;

/** @param path absolute; lines are added */
export function openProtocolLog(path: string): ProtocolLog {
  const log = createWriteStream(path, { flags: 'a', mode: 0o600 });
  // What cannot be logged is not worth a machine.
  log.on('error', () => undefined);
  let logged = 0;
  return {
    as: (peer) => (direction, line) => {
      logged += line.length;
      if (logged < LOG_LIMIT && !log.writableEnded)
        log.write(`${new Date().toISOString()} ${peer} ${direction} ${line}\n`);
    },
    end: () => void log.end(),
  };
}
