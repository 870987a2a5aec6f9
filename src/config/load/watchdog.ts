import { Worker } from 'node:worker_threads';

const HANDLE = Symbol.for('dewar.watchdog');

/**
 * Watches from another thread: a loop without end gives neither timers nor signals of this one a turn.
 * @param ms after which `onStuck` is called, in the midst of the loop, unless this is disposed of before
 * @param onStuck has to end the process: the loop goes on otherwise
 */
export function startWatchdog(ms: number, onStuck: () => void): Disposable {
  const over = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(WATCH, { eval: true, workerData: { ms, over }, stdout: true, stderr: true });
  worker.unref();
  Object.defineProperty(globalThis, HANDLE, { value: onStuck, configurable: true });
  return {
    [Symbol.dispose]() {
      Atomics.store(over, 0, 1);
      Reflect.deleteProperty(globalThis, HANDLE);
      void worker.terminate();
    },
  };
}

/** As a debugger it may interrupt the main thread. */
const WATCH = `
const { workerData: { ms, over } } = require('node:worker_threads');
const { Session } = require('node:inspector');
setTimeout(() => {
  if (Atomics.load(over, 0) !== 0) return;
  const session = new Session();
  session.connectToMainThread();
  session.post('Runtime.evaluate', { expression: "globalThis[Symbol.for('dewar.watchdog')]?.()" });
}, ms);
`;
