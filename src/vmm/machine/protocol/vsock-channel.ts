import type { DewarError } from '../../../core/errors.ts';
import { connectionLost, openCommandChannel } from './command-channel.ts';
import type { CallOptions, ChannelOptions, CommandChannel } from './command-channel.ts';

/**
 * A channel to a port of a guest, by the unix socket on which Firecracker or Cloud Hypervisor serves vsock: it hears the port
 * first, and closes the connection while nobody in the guest listens there. Each call connects where there is no connection.
 */
export function vsockChannel(
  path: string,
  port: number,
  options: ChannelOptions,
): Pick<CommandChannel, 'execute' | 'reset' | typeof Symbol.dispose> {
  const greeting = { line: `CONNECT ${port}`, answer: /^OK \d+$/ };
  let opening: Promise<CommandChannel> | undefined;
  let channel: CommandChannel | undefined;
  let over = false;
  const whyGone = (): DewarError | undefined =>
    options.whyGone?.() ??
    (over ? connectionLost(`the connection to ${options.peer} was closed`) : undefined);

  const open = async (limits: CallOptions): Promise<CommandChannel> => {
    const { deadlineMs = options.deadlineMs, signal = options.signal } = limits;
    const opened = await openCommandChannel(path, { ...options, deadlineMs, signal, greeting, whyGone });
    if (over) opened[Symbol.dispose]();
    channel = opened;
    opened.gone.catch(() => (channel = undefined));
    return opened;
  };

  return {
    async execute(command, args, limits = {}) {
      const there = channel ?? (await (opening ??= open(limits).finally(() => (opening = undefined))));
      return there.execute(command, args, limits);
    },
    reset: () => channel?.reset(),
    [Symbol.dispose]() {
      over = true;
      channel?.[Symbol.dispose]();
    },
  };
}
