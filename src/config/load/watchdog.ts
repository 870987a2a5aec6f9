import { Worker } from 'node:worker_threads';

/**
 * Ends, after a time, the JavaScript that keeps the main thread from doing anything else: a loop without end gives
 * neither timers nor signals a turn. What ran in the same turn never goes on.
 */
export function startWatchdog(ms: number): Disposable {
  const alive = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(WATCH, { eval: true, workerData: { ms, alive }, stdout: true, stderr: true });
  worker.unref();
  return {
    [Symbol.dispose]() {
      Atomics.store(alive, 0, 1);
      void worker.terminate();
    },
  };
}

const WATCH = `
const { workerData: { ms, alive } } = require('node:worker_threads');
const { Session } = require('node:inspector');
setTimeout(() => {
  if (Atomics.load(alive, 0) !== 0) return;
  const session = new Session();
  session.connectToMainThread();
  session.post('Runtime.terminateExecution', () => session.disconnect());
}, ms);
`;
