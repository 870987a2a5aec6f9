import { existsSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { DigestList } from '../../core/columns.ts';
import { DewarError } from '../../core/errors.ts';
import type { DigestCache } from './digest-cache.ts';
import { RESULT_BYTES, SourceBatch, digestBatch } from './source-batch.ts';
import { mainRepoFile } from './source-path.ts';
import type { SourceContext } from './source-path.ts';
import type { TargetTable } from './target-table.ts';

export type WorkerRequest =
  | { packed: Uint8Array<ArrayBuffer> }
  | { externalRoots: ReadonlyMap<string, string> };
export type WorkerReply =
  | { digests: Uint8Array<ArrayBuffer> }
  | { failure: { code: string; message: string; mend: string } };

const BATCH = 512;
const MOST_THREADS = 4;
/** Bazel's server and this program's own thread. With no core to spare, a thread costs more than it gives. */
const BUSY_CORES = 2;
/** The built package has the thread's code beside this file; TypeScript sources run without threads. */
const WORKER = new URL('./source-worker.js', import.meta.url);

/** Hashes the content of source files in threads, while their caller reads on. */
export class SourceHasher implements Disposable {
  /** D of the format, by row; whole after `finish`. */
  readonly digests: DigestList;
  #context: SourceContext;
  readonly #workers: Worker[];
  #batch: SourceBatch = new SourceBatch();
  #next = 0;
  #open = 0;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  /** Not yet in `#cache`: what their files looked like before they were read. */
  readonly #unknown: Map<number, Stats> = new Map();
  readonly #cache: DigestCache | undefined;

  /**
   * @param cache digests of an earlier run of the same workspace; brought up to date by `finish`
   * @param digests those of rows that are known already; becomes the hasher's own
   */
  constructor(context: SourceContext, cache?: DigestCache, digests: DigestList = new DigestList()) {
    this.digests = digests;
    this.#context = context;
    const complete = context.contentHashes === undefined && context.modifiedPaths === undefined;
    this.#cache = complete ? cache : undefined;
    const threads = existsSync(WORKER)
      ? Math.max(0, Math.min(MOST_THREADS, availableParallelism() - BUSY_CORES))
      : 0;
    this.#workers = Array.from({ length: threads }, () => this.#start());
  }

  /**
   * @param row of the source file
   * @throws DewarError SOURCE_UNREADABLE, when there are no threads
   */
  add(row: number, table: TargetTable): void {
    if (this.#isCached(row, table)) return;
    const { sourceDigests, labels, sourceLabels } = table;
    this.#batch.add(row, sourceDigests, labels, sourceLabels.at(row));
    if (this.#batch.count >= BATCH) this.#flush();
  }

  /** The roots of external repositories, for files that are added from now on. */
  setExternalRoots(externalRoots: ReadonlyMap<string, string>): void {
    this.#flush();
    this.#context = { ...this.#context, externalRoots };
    for (const worker of this.#workers) worker.postMessage({ externalRoots } satisfies WorkerRequest);
  }

  /**
   * Waits for all digests.
   * @returns true when the cache has learnt something
   * @throws DewarError SOURCE_UNREADABLE
   */
  async finish({ labels, sourceLabels, sourceDigests }: TargetTable): Promise<boolean> {
    this.#flush();
    while (this.#open > 0 && this.#failure === undefined)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    if (this.#failure !== undefined) throw this.#failure;
    for (const [row, stats] of this.#unknown)
      this.#cache?.add(labels.bytes(sourceLabels.at(row)), stats, row, sourceDigests, this.digests);
    return this.#unknown.size > 0;
  }

  [Symbol.dispose](): void {
    for (const worker of this.#workers) void worker.terminate();
  }

  #isCached(row: number, { sourceDigests, labels, sourceLabels }: TargetTable): boolean {
    if (this.#cache === undefined) return false;
    const label = sourceLabels.at(row);
    const path = mainRepoFile(labels.text(label), this.#context);
    const stats = path === undefined ? undefined : statOf(path);
    if (stats?.isFile() !== true) return false;
    if (this.#cache.copyTo(this.digests, row, labels.bytes(label), sourceDigests, stats)) return true;
    this.#unknown.set(row, stats);
    return false;
  }

  #flush(): void {
    if (this.#batch.count === 0) return;
    const packed = this.#batch.packed();
    this.#batch = new SourceBatch();
    const worker = this.#workers[this.#next++ % this.#workers.length];
    if (worker === undefined) {
      this.#keep(digestBatch(packed, this.#context));
      return;
    }
    this.#open++;
    worker.postMessage({ packed } satisfies WorkerRequest, [packed.buffer]);
  }

  #start(): Worker {
    const worker = new Worker(WORKER, { workerData: this.#context });
    worker.on('message', (reply: WorkerReply) => {
      this.#open--;
      if ('digests' in reply) this.#keep(reply.digests);
      else this.#failure ??= new DewarError(reply.failure);
      this.#wake?.();
    });
    worker.on('error', (error) => {
      this.#failure ??= error instanceof Error ? error : new Error(String(error));
      this.#wake?.();
    });
    return worker;
  }

  #keep(results: Uint8Array): void {
    const view = new DataView(results.buffer, results.byteOffset, results.byteLength);
    for (let at = 0; at < results.length; at += RESULT_BYTES)
      this.digests.set(view.getUint32(at, true), results, at + 4);
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    // Reading the file says what is wrong with it.
    return undefined;
  }
}
