import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { execa } from 'execa';

/** A program in a network namespace that does there what it is asked for (agent.mjs says what that may be). */
export interface NetworkAgent extends AsyncDisposable {
  ask<T = Record<string, unknown>>(what: string, options?: Record<string, unknown>): Promise<T>;
}

const AGENT = join(import.meta.dirname, 'agent.mjs');

export function agentIn(namespace: string): NetworkAgent {
  const child = execa('nsenter', [`--net=/run/netns/${namespace}`, process.execPath, AGENT], {
    stdin: 'pipe',
    stderr: 'inherit',
    buffer: false,
    reject: false,
  });
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { id, result, error } = JSON.parse(line) as { id: number; result: never; error?: string };
    const asker = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) asker?.resolve(result);
    else asker?.reject(new Error(error));
  });
  // Who waits for one that has ended would wait for ever.
  child.once('exit', (exitCode) => {
    for (const { reject } of waiting.values()) reject(new Error(`the agent ended with ${exitCode}`));
  });
  let last = 0;
  return {
    ask: (what, options = {}) =>
      new Promise((resolve, reject) => {
        const id = ++last;
        waiting.set(id, { resolve, reject });
        child.stdin.write(`${JSON.stringify({ ...options, id, do: what })}\n`);
      }),
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await child;
    },
  };
}
