import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { refreshClone } from './refresh-clone.ts';
import type { GuestCommands, RefreshedGuest } from './refresh-clone.ts';

const SECOND = 1_000_000_000n;

test('the clock is set by an answer that came soon, not by the first one, which was read long before it came', async () => {
  const delays = [1_500, 0];
  let input = '';
  const agent: GuestCommands = {
    async time() {
      const now = BigInt(Date.now()) * 1_000_000n;
      await sleep(delays.shift() ?? 0);
      return now - 60n * SECOND;
    },
    async run(_path, _args, options) {
      input = String(options?.input);
      return { exitCode: 0, stdout: Buffer.alloc(0), stderr: '' };
    },
  };
  await refreshClone(
    { id: 'x', agent, ssh: undefined as unknown as RefreshedGuest['ssh'] },
    { hostname: 'x' },
  );
  const behind = Number(BigInt(input.split('\n')[0] ?? 0) - 60n * SECOND) / 1e9;
  expect(Math.abs(behind)).toBeLessThan(0.5);
});
