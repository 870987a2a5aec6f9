import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { DewarError } from '../../../core/errors.ts';
import { openCommandChannel } from './command-channel.ts';
import type { CallOptions, ChannelOptions } from './command-channel.ts';
import { vsockChannel } from './vsock-channel.ts';
import { noAnswer } from './within.ts';

/** QEMU's agent in a guest (`qemu-ga`). What it says is the guest's word: never more than a claim. */
export interface GuestAgent extends Disposable {
  /** Waits until the agent listens and throws away what is left of earlier talk. */
  synchronize(options: CallOptions): Promise<void>;
  ping(options?: CallOptions): Promise<void>;
  /** @returns nanoseconds since the epoch, as the guest has it */
  time(options?: CallOptions): Promise<bigint>;
  /** Runs a program to its end; its output is bounded by what the agent keeps (16 MiB). */
  run(path: string, args: readonly string[], options?: AgentRunOptions): Promise<AgentRunResult>;
  /** Replaces the content of a file; one that is made anew may be written by everybody. */
  writeFile(path: string, content: string | Uint8Array, options?: CallOptions): Promise<void>;
  /** @returns the first 4 MiB of a file */
  readFile(path: string, options?: CallOptions): Promise<Buffer>;
  /** Asks the guest to power off. Returns when the question was sent. */
  powerOff(options?: CallOptions): Promise<void>;
}

export interface AgentRunOptions extends CallOptions {
  input?: string | Uint8Array;
}

export interface AgentRunResult {
  /** Exit code; 128 + n when signal n ended it. */
  exitCode: number;
  stdout: Buffer;
  stderr: string;
}

const Time = z.number();
const Handle = z.number();
const Written = z.object({ count: z.number() });
const Read = z.object({ 'buf-b64': z.base64() });
const Started = z.object({ pid: z.number() });
const Status = z.object({
  exited: z.boolean(),
  exitcode: z.number().optional(),
  signal: z.number().optional(),
  'out-data': z.base64().optional(),
  'err-data': z.base64().optional(),
});

/** How long one try to reach the agent may take: it may have been asked before it listened. */
const SYNC_TRY_MS = 2_000;
const READ_LIMIT = 4 << 20;
/** The agent takes a line of 64 MiB at most. */
const WRITE_CHUNK = 1 << 20;
const FIRST_POLL_MS = 2;
const LAST_POLL_MS = 50;

export interface AgentOptions extends Omit<ChannelOptions, 'greeting'> {
  /** The socket is a monitor's for vsock (Firecracker, Cloud Hypervisor), and the agent listens on this port of the guest. */
  vsockPort?: number | undefined;
}

/**
 * Connects to the agent's serial port; it need not listen yet. By vsock nothing is there to connect to before the guest
 * listens: the first call does it, as does the first one after the connection has ended.
 * @throws DewarError NO_ANSWER (no such socket), INTERRUPTED
 */
export async function connectGuestAgent(path: string, options: AgentOptions): Promise<GuestAgent> {
  const { peer } = options;
  const channel =
    options.vsockPort === undefined
      ? await openCommandChannel(path, options)
      : vsockChannel(path, options.vsockPort, options);
  const again = new Set(options.vsockPort === undefined ? ['NO_ANSWER'] : ['NO_ANSWER', 'CONNECTION_LOST']);
  let over = false;
  const ask = async <T>(
    schema: z.ZodType<T>,
    command: string,
    args?: object,
    call?: CallOptions,
  ): Promise<T> => {
    const parsed = schema.safeParse(await channel.execute(command, args, call));
    if (parsed.success) return parsed.data;
    throw new DewarError({
      code: 'BAD_ANSWER',
      message: `${peer} answered ${command} with something else than its answer: ${parsed.error.message}`,
      mend: 'use an image with an unchanged qemu-guest-agent',
    });
  };

  const withFile = async <T>(
    path: string,
    mode: 'r' | 'w',
    call: CallOptions | undefined,
    work: (handle: number) => Promise<T>,
  ): Promise<T> => {
    const handle = await ask(Handle, 'guest-file-open', { path, mode }, call);
    try {
      return await work(handle);
    } finally {
      await channel.execute('guest-file-close', { handle }, call);
    }
  };

  return {
    async synchronize({ deadlineMs = options.deadlineMs, signal }) {
      const end = performance.now() + deadlineMs;
      for (let tries = 0; ; tries++) {
        const left = end - performance.now();
        const id = randomInt(1, 2 ** 31);
        try {
          const limits = { deadlineMs: Math.max(1, Math.min(SYNC_TRY_MS, left)), signal };
          if (tries > 0) channel.reset();
          if ((await channel.execute('guest-sync-delimited', { id }, limits)) === id) return;
        } catch (error) {
          if (!(error instanceof DewarError) || !again.has(error.code) || over) throw error;
          if (performance.now() >= end) throw agentSilent(peer, deadlineMs);
          if (error.code !== 'NO_ANSWER') await sleep(LAST_POLL_MS);
        }
      }
    },
    async ping(call) {
      await channel.execute('guest-ping', undefined, call);
    },
    time: async (call) => BigInt(await ask(Time, 'guest-get-time', undefined, call)),
    async run(path, args, { input, ...call } = {}) {
      const deadlineMs = call.deadlineMs ?? options.deadlineMs;
      const end = performance.now() + deadlineMs;
      const { pid } = await ask(
        Started,
        'guest-exec',
        {
          path,
          arg: args,
          'capture-output': true,
          ...(input === undefined ? {} : { 'input-data': Buffer.from(input).toString('base64') }),
        },
        call,
      );
      for (let pause = FIRST_POLL_MS; ; pause = Math.min(pause * 2, LAST_POLL_MS)) {
        const status = await ask(Status, 'guest-exec-status', { pid }, call);
        if (status.exited)
          return {
            exitCode: status.exitcode ?? 128 + (status.signal ?? 0),
            stdout: Buffer.from(status['out-data'] ?? '', 'base64'),
            stderr: Buffer.from(status['err-data'] ?? '', 'base64').toString('utf8'),
          };
        if (performance.now() >= end) throw noAnswer(peer, `end ${path}`, deadlineMs);
        await sleep(pause);
      }
    },
    writeFile: (path, content, call) =>
      withFile(path, 'w', call, async (handle) => {
        const bytes = Buffer.from(content);
        for (let at = 0; at < bytes.length;) {
          const chunk = bytes.subarray(at, at + WRITE_CHUNK).toString('base64');
          const written = await ask(Written, 'guest-file-write', { handle, 'buf-b64': chunk }, call);
          at += written.count;
        }
      }),
    readFile: (path, call) =>
      withFile(path, 'r', call, async (handle) => {
        const read = await ask(Read, 'guest-file-read', { handle, count: READ_LIMIT }, call);
        return Buffer.from(read['buf-b64'], 'base64');
      }),
    async powerOff({ deadlineMs = SYNC_TRY_MS, signal } = {}) {
      // The agent answers this only when it fails.
      await channel
        .execute('guest-shutdown', { mode: 'powerdown' }, { deadlineMs, signal })
        .catch((error) => {
          if (!(error instanceof DewarError) || !GONE.has(error.code)) throw error;
        });
    },
    [Symbol.dispose]() {
      over = true;
      channel[Symbol.dispose]();
    },
  };
}

const GONE = new Set(['NO_ANSWER', 'CONNECTION_LOST', 'MACHINE_ENDED']);

function agentSilent(peer: string, deadlineMs: number): DewarError {
  return new DewarError({
    code: 'GUEST_SILENT',
    message: `${peer} did not answer within ${deadlineMs / 1000} s`,
    mend: 'see what the guest says on its console: it needs qemu-guest-agent running; on a slow host set DEWAR_SLOW=<factor>',
  });
}
