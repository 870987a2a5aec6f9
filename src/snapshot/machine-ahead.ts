import { setTimeout as sleep } from 'node:timers/promises';
import { newDeferred } from '../core/deferred.ts';
import type { Repository } from '../platform/git-repository.ts';
import type { Machine, VmmDriver } from '../vmm/driver.ts';
import type { RunContext } from './commit-view.ts';
import type { BundlePlace } from './store-scan.ts';

/** A machine on its way; each step may fail. */
export interface ComingMachine {
  machine: Promise<Machine>;
  /** When `machine` is at the commit. */
  checkedOut: Promise<void>;
}

/** Gets a bundle's machine ready beside other work, for whoever takes it. Nobody has to: then it is let go of. */
export class MachineAhead implements AsyncDisposable {
  readonly #driver: VmmDriver;
  readonly #repository: Repository;
  readonly #context: RunContext;
  #coming: (ComingMachine & { directory: string; stop: AbortController }) | undefined;

  constructor(driver: VmmDriver, repository: Repository, context: RunContext) {
    this.#driver = driver;
    this.#repository = repository;
    this.#context = context;
  }

  /**
   * Brings back the machine of a bundle and checks a commit out in it, where that costs little if it was for nothing.
   * @param signal of those who may take it
   * @returns when nothing but a program is waited for, so that work that blocks this thread is no hindrance; or soon
   */
  async start(place: BundlePlace, commit: string, signal: AbortSignal): Promise<void> {
    if (!this.#driver.capabilities.earlyRestore) return;
    await this.drop();
    const stop = new AbortController();
    const context = { emit: this.#context.emit, signal: AbortSignal.any([signal, stop.signal]) };
    const machine = this.#driver.restore({ repository: this.#repository, snapshot: place }, context);
    const underWay = newDeferred<void>();
    const checkedOut = machine.then((found) => found.checkOut(commit, context, underWay.resolve));
    this.#coming = { machine, checkedOut, directory: place.directory, stop };
    // Whoever takes it sees how it failed.
    const settled = Promise.allSettled([machine, checkedOut]);
    await Promise.race([underWay.promise, settled, sleep(MOST_MS, undefined, { ref: false })]);
  }

  /** @returns undefined when the bundle's machine is not on its way; else it is the caller's */
  async take({ directory }: BundlePlace): Promise<ComingMachine | undefined> {
    const coming = this.#coming;
    if (coming?.directory !== directory) {
      await this.drop();
      return undefined;
    }
    this.#coming = undefined;
    return coming;
  }

  /** Lets go of a machine that nobody has taken. */
  async drop(): Promise<void> {
    const coming = this.#coming;
    this.#coming = undefined;
    if (coming === undefined) return;
    coming.stop.abort(new Error('not needed'));
    const [machine] = await Promise.allSettled([coming.machine, coming.checkedOut]);
    if (machine.status === 'rejected') return;
    if (this.#context.signal.aborted) await machine.value.abandon();
    else await machine.value.shutdown();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drop();
  }
}

/** Another process may have the machine. */
const MOST_MS = 50;
