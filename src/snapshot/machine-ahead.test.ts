import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { newDeferred } from '../core/deferred.ts';
import type { Repository } from '../platform/git-repository.ts';
import type { Machine, VmmDriver } from '../vmm/driver.ts';
import { MachineAhead } from './machine-ahead.ts';
import type { BundlePlace } from './store-scan.ts';

const place = (name: string): BundlePlace => ({ fingerprint: 'f', base: name, directory: `/store/${name}` });

/** A driver that keeps the machines of `kept`, and writes down what happens to them. */
function fakeDriver(kept: readonly string[]): {
  log: string[];
  user: AbortController;
  ahead: MachineAhead;
  restored: ReturnType<typeof newDeferred<void>>;
  checkedOut: ReturnType<typeof newDeferred<void>>;
} {
  const log: string[] = [];
  const user = new AbortController();
  const restored = newDeferred<void>();
  const checkedOut = newDeferred<void>();
  const driver: Pick<VmmDriver, 'keeps' | 'restore'> = {
    keeps: ({ snapshot }) => Promise.resolve(kept.includes(snapshot.base)),
    async restore({ snapshot }, { signal }) {
      log.push(`restore ${snapshot.base}`);
      await unlessAborted(restored.promise, signal);
      const note = (what: string) => () => Promise.resolve(void log.push(`${what} ${snapshot.base}`));
      const machine: Partial<Machine> = {
        id: snapshot.base,
        async checkOut(commit, context, onUnderWay) {
          log.push(`check out ${commit}`);
          onUnderWay?.();
          await unlessAborted(checkedOut.promise, context.signal);
        },
        shutdown: note('shut down'),
        abandon: note('abandon'),
      };
      return machine as Machine;
    },
  };
  const ahead = new MachineAhead({
    driver: driver as VmmDriver,
    repository: {} as Repository,
    context: { emit: () => undefined, signal: user.signal },
  });
  return { log, user, ahead, restored, checkedOut };
}

const NEVER = new AbortController().signal;

test('a machine that was started is handed over once, on its way', async () => {
  const { log, ahead, restored, checkedOut } = fakeDriver(['one']);
  restored.resolve();
  await ahead.start(place('one'), 'target');
  await ahead.start(place('one'), 'target');
  expect(log).toEqual(['restore one', 'check out target']);
  const coming = await ahead.take(place('one'), NEVER);
  expect((await coming?.machine)?.id).toBe('one');
  checkedOut.resolve();
  await coming?.checkedOut;
  expect(await ahead.take(place('one'), NEVER)).toBeUndefined();
  await ahead[Symbol.asyncDispose]();
  expect(log).toEqual(['restore one', 'check out target']);
});

test('a machine that is not kept is not started', async () => {
  const { log, ahead } = fakeDriver([]);
  await ahead.start(place('one'), 'target');
  expect(await ahead.take(place('one'), NEVER)).toBeUndefined();
  expect(log).toEqual([]);
});

test('a machine that nobody takes is shut down, in the middle of its checkout', async () => {
  const { log, ahead, restored } = fakeDriver(['one']);
  restored.resolve();
  await ahead.start(place('one'), 'target');
  await ahead.drop();
  expect(log).toEqual(['restore one', 'check out target', 'shut down one']);
});

test('a machine of another bundle is let go of before the right one is used', async () => {
  const { log, ahead, restored } = fakeDriver(['one', 'two']);
  restored.resolve();
  await ahead.start(place('one'), 'target');
  expect(await ahead.take(place('two'), NEVER)).toBeUndefined();
  expect(log.at(-1)).toBe('shut down one');
  await ahead.start(place('one'), 'target');
  await ahead.start(place('two'), 'target');
  expect(log.slice(3)).toEqual([
    'restore one',
    'check out target',
    'shut down one',
    'restore two',
    'check out target',
  ]);
  await ahead.drop();
});

test('nobody waits for a machine that another process has', async () => {
  const { log, ahead } = fakeDriver(['one']);
  await ahead.start(place('one'), 'target');
  await ahead.drop();
  expect(log).toEqual(['restore one']);
});

test('the user’s interruption leaves the machine as one that was interrupted', async () => {
  const { log, user, ahead, restored } = fakeDriver(['one']);
  restored.resolve();
  await ahead.start(place('one'), 'target');
  user.abort(new Error('^C'));
  await ahead[Symbol.asyncDispose]();
  expect(log.at(-1)).toBe('abandon one');
});

test('whoever takes a machine can end what was started, and sees how it ended', async () => {
  const { ahead, restored } = fakeDriver(['one']);
  restored.resolve();
  await ahead.start(place('one'), 'target');
  const late = new AbortController();
  const coming = await ahead.take(place('one'), late.signal);
  late.abort(new Error('too late'));
  await expect(coming?.checkedOut).rejects.toThrow('too late');
});

test('after the end nothing starts', async () => {
  const { log, ahead } = fakeDriver(['one']);
  const starting = ahead.start(place('one'), 'target');
  await ahead[Symbol.asyncDispose]();
  await starting;
  await sleep(1);
  expect(log).toEqual([]);
});

function unlessAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    void work.then(resolve);
    signal?.addEventListener('abort', () => reject(signal.reason as Error));
  });
}
