import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { handleSignals } from './signals.ts';

test.each([
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGTERM', 143],
])('%s aborts once, and a second signal exits with %i at once', (name, code) => {
  const target = new EventEmitter();
  const exits: number[] = [];
  const handling = handleSignals(target, (exitCode) => exits.push(exitCode));
  expect(handling.signal.aborted).toBe(false);
  target.emit(name, name);
  expect(handling.signal.reason).toMatchObject({
    code: 'INTERRUPTED',
    exitCode: code,
    message: `interrupted by ${name}`,
  });
  expect(exits).toEqual([]);
  target.emit(name, name);
  expect(exits).toEqual([code]);
  handling.dispose();
  expect(target.listenerCount(name)).toBe(0);
});
