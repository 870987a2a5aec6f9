/** The thread that hashes source files while the query runs. Messages: see `source-hasher.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { DewarError } from '../../core/errors.ts';
import { digestBatch } from './source-batch.ts';
import type { SourceContext } from './source-path.ts';
import type { WorkerReply, WorkerRequest } from './source-hasher.ts';

let context = workerData as SourceContext;

parentPort?.on('message', (request: WorkerRequest) => {
  if ('externalRoots' in request) {
    context = { ...context, externalRoots: request.externalRoots };
    return;
  }
  try {
    const digests = digestBatch(request.packed, context);
    parentPort?.postMessage({ digests } satisfies WorkerReply, [digests.buffer]);
  } catch (error) {
    parentPort?.postMessage({ failure: toFailure(error) } satisfies WorkerReply);
  }
});

function toFailure(error: unknown): { code: string; message: string; mend: string } {
  if (error instanceof DewarError) return { code: error.code, message: error.message, mend: error.mend };
  return { code: 'INTERNAL', message: String(error), mend: 'report this as a bug of dewar' };
}
