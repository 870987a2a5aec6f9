import { setTimeout as sleep } from 'node:timers/promises';
import type { Emit } from '../core/events.ts';
import { hasUncommittedChanges } from '../platform/git-repository.ts';
import type { Repository } from '../platform/git-repository.ts';

/** How long an answer that is there waits for the note: git looks at every file of the work tree for it. */
const GRACE_MS = 250;

interface NoteContext {
  emit: Emit;
  signal: AbortSignal;
}

/** Tells of uncommitted changes while other work goes on. It is a courtesy: no failure of it is one of the command's. */
export class UncommittedNote {
  readonly #repository: Repository;
  readonly #workspace: string;
  readonly #context: NoteContext;
  readonly #ended = new AbortController();
  #work: Promise<void> | undefined;

  constructor(repository: Repository, workspace: string, context: NoteContext) {
    this.#repository = repository;
    this.#workspace = workspace;
    this.#context = context;
  }

  start(): void {
    this.#work ??= this.#look().catch((error: unknown) => {
      if (this.#ended.signal.aborted || this.#context.signal.aborted) return;
      const why = error instanceof Error ? error.message : String(error);
      this.#context.emit({
        type: 'debug',
        message: `whether there are uncommitted changes is not known: ${why}`,
      });
    });
  }

  /** Gives the note a little more time, then ends what looks for it. */
  async end(): Promise<void> {
    if (this.#work === undefined) return;
    const timer = new AbortController();
    await Promise.race([
      this.#work,
      sleep(GRACE_MS, undefined, { signal: timer.signal }).catch(() => undefined),
    ]);
    timer.abort();
    this.#ended.abort();
    await this.#work;
  }

  async #look(): Promise<void> {
    const signal = AbortSignal.any([this.#context.signal, this.#ended.signal]);
    if (await hasUncommittedChanges(this.#repository, signal))
      this.#context.emit({
        type: 'note',
        message: `uncommitted changes in ${this.#workspace} are not part of the answer`,
      });
  }
}
