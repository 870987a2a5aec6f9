import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { quotePosix } from '../../src/core/quote-posix.ts';
import { DEWAR } from './image-cli.ts';

export interface Terminal {
  type(text: string): void;
  /** Waits until a text was shown. */
  shows(text: string): Promise<void>;
  ended: Promise<{ exitCode: number | undefined; shown: string }>;
}

const POLL_MS = 50;

/** Runs dewar in a terminal of its own, made by script(1). */
export function inTerminal(
  args: readonly string[],
  { cwd, env }: { cwd: string; env: Readonly<Record<string, string>> },
): Terminal {
  const line = [process.execPath, DEWAR, ...args].map(quotePosix).join(' ');
  const child = execa('script', ['-qec', line, '/dev/null'], {
    cwd,
    env,
    extendEnv: false,
    reject: false,
    stdin: 'pipe',
  });
  const state = { shown: '', over: false };
  child.stdout.on('data', (chunk: Buffer) => (state.shown += chunk.toString()));
  const ended = child.then(({ exitCode }) => {
    state.over = true;
    return { exitCode, shown: state.shown };
  });
  return {
    type: (text) => void child.stdin.write(text),
    async shows(text) {
      while (!state.over && !state.shown.includes(text)) await sleep(POLL_MS);
      if (!state.shown.includes(text)) throw new Error(`it ended without ${text}:\n${state.shown}`);
    },
    ended,
  };
}
