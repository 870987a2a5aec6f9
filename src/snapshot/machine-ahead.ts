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

export interface MachineAheadInput {
  driver: VmmDriver;
  repository: Repository;
  context: RunContext;
}

interface Started extends ComingMachine {
  directory: string;
  stop: AbortController;
}

/** Gets a bundle's machine ready beside other work, for whoever takes it. Nobody has to: then it is let go of. */
export class MachineAhead implements AsyncDisposable {
  readonly #input: MachineAheadInput;
  #started: Started | undefined;
  #ended = false;

  constructor(input: MachineAheadInput) {
    this.#input = input;
  }

  /**
   * Brings back the machine of a bundle, if that costs little, and checks a commit out in it. One of another bundle is
   * let go of.
   * @returns when nothing but a program is waited for, so that work that blocks this thread is no hindrance; or soon
   */
  async start(place: BundlePlace, commit: string): Promise<void> {
    if (this.#started?.directory === place.directory) return;
    await this.drop();
    const { driver, repository, context: outer } = this.#input;
    const spec = { repository, snapshot: place };
    if ((await driver.keeps?.(spec)) !== true || this.#ended) return;
    const stop = new AbortController();
    const context = { emit: outer.emit, signal: AbortSignal.any([outer.signal, stop.signal]) };
    const machine = driver.restore(spec, context);
    const underWay = newDeferred<void>();
    const checkedOut = machine.then((found) => found.checkOut(commit, context, underWay.resolve));
    this.#started = { machine, checkedOut, directory: place.directory, stop };
    // Whoever takes it sees how it failed.
    const settled = Promise.allSettled([machine, checkedOut]);
    await Promise.race([underWay.promise, settled, sleep(MOST_MS, undefined, { ref: false })]);
  }

  /**
   * Hands over the machine of a bundle, and lets go of one of another bundle.
   * @param signal ends what has been started
   * @returns undefined when none was started
   */
  async take({ directory }: BundlePlace, signal: AbortSignal): Promise<ComingMachine | undefined> {
    const started = this.#started;
    if (started?.directory !== directory) {
      await this.drop();
      return undefined;
    }
    this.#started = undefined;
    const stop = (): void => started.stop.abort(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    return started;
  }

  /** Lets go of a machine that nobody has taken. */
  async drop(): Promise<void> {
    const started = this.#started;
    this.#started = undefined;
    if (started === undefined) return;
    started.stop.abort(new Error('not needed'));
    const [machine] = await Promise.allSettled([started.machine, started.checkedOut]);
    if (machine.status === 'rejected') return;
    if (this.#input.context.signal.aborted) await machine.value.abandon();
    else await machine.value.shutdown();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    await this.drop();
  }
}

/** Another process may have the machine. */
const MOST_MS = 50;
