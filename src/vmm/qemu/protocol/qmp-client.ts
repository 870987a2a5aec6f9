import { z } from 'zod';
import { newDeferred } from '../../../core/deferred.ts';
import { openCommandChannel } from '../../machine/protocol/command-channel.ts';
import type { CallOptions, ChannelOptions, CommandChannel } from '../../machine/protocol/command-channel.ts';
import { within } from '../../machine/protocol/within.ts';

export interface QmpEvent {
  event: string;
  data: Record<string, unknown>;
}

/** A connection to QEMU's monitor. */
export interface QmpClient extends CommandChannel {
  /**
   * Waits for the first event that matches and comes after this call.
   * @throws DewarError NO_ANSWER, INTERRUPTED; what the channel's end gives
   */
  waitFor(matches: (event: QmpEvent) => boolean, what: string, options?: CallOptions): Promise<QmpEvent>;
}

const Greeting = z.object({ QMP: z.object({ version: z.unknown() }) });
const Event = z.object({ event: z.string(), data: z.record(z.string(), z.unknown()).default({}) });

export interface QmpOptions extends Omit<ChannelOptions, 'onMessage'> {
  onEvent?: (event: QmpEvent) => void;
}

/**
 * Connects to a QMP socket and ends the handshake.
 * @throws DewarError NO_ANSWER, CONNECTION_LOST, COMMAND_REFUSED, INTERRUPTED
 */
export async function connectQmp(path: string, options: QmpOptions): Promise<QmpClient> {
  const { deadlineMs, peer, signal } = options;
  const listeners = new Set<(event: QmpEvent) => void>();
  const greeting = newDeferred<void>();
  const onMessage = (message: Record<string, unknown>): void => {
    const event = Event.safeParse(message);
    if (event.success) {
      options.onEvent?.(event.data);
      for (const listener of listeners) listener(event.data);
    } else if (Greeting.safeParse(message).success) greeting.resolve();
  };
  const channel = await openCommandChannel(path, { ...options, onMessage });
  try {
    await within(Promise.race([greeting.promise, channel.gone]), { deadlineMs, signal, peer, what: 'greet' });
    await channel.execute('qmp_capabilities', undefined, { signal });
  } catch (error) {
    channel[Symbol.dispose]();
    throw error;
  }
  return {
    ...channel,
    async waitFor(matches, what, call = {}) {
      const happened = newDeferred<QmpEvent>();
      const listener = (event: QmpEvent): void => {
        if (matches(event)) happened.resolve(event);
      };
      listeners.add(listener);
      try {
        return await within(Promise.race([happened.promise, channel.gone]), {
          deadlineMs: call.deadlineMs ?? deadlineMs,
          signal: call.signal,
          peer,
          what: `report ${what}`,
        });
      } finally {
        listeners.delete(listener);
      }
    },
  };
}
