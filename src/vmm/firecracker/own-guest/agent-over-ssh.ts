import { DewarError } from '../../../core/errors.ts';
import type { Transport } from '../../../platform/ssh.ts';
import type { CallOptions } from '../../machine/protocol/command-channel.ts';
import type { AgentRunResult, GuestAgent } from '../../machine/protocol/guest-agent.ts';

const NANOSECONDS = 1_000_000_000n;
/** As QEMU's agent. */
const READ_LIMIT = 4 << 20;

/**
 * What QEMU's agent does, in a guest that has none: by ssh, as root.
 * @param isRoot whether ssh comes in as root; by sudo, which asks for nothing, otherwise
 * @param deadlineMs of a call that says nothing else, milliseconds
 */
export function agentOverSsh(
  ssh: Pick<Transport, 'run'>,
  { isRoot, deadlineMs }: { isRoot: boolean; deadlineMs: number },
): GuestAgent {
  const run = async (
    command: readonly string[],
    options: CallOptions & { input?: string | Uint8Array } = {},
  ): Promise<AgentRunResult> =>
    ssh.run(isRoot ? command : ['sudo', '-n', '--', ...command], { deadlineMs, ...options });

  const done = async (command: readonly string[], options?: Parameters<typeof run>[1]): Promise<Buffer> => {
    const { exitCode, stdout, stderr } = await run(command, options);
    if (exitCode === 0) return stdout;
    throw new DewarError({
      code: 'GUEST_UNFIT',
      message: `the guest could not run ${command.slice(0, 2).join(' ')} as root: ${stderr.trim().slice(-500)}`,
      mend: isRoot
        ? 'see what it says'
        : 'let that user run every program by sudo without a password, or log in as root',
    });
  };

  return {
    async synchronize(options) {
      await done(['true'], options);
    },
    async ping(options) {
      await done(['true'], options);
    },
    async time(options) {
      const text = (await done(['date', '+%s %N'], options)).toString('latin1');
      // not every `date` knows of nanoseconds
      const [, seconds, nanoseconds] = /^(\d+) (\d{9})?/.exec(text) ?? [];
      if (seconds !== undefined) return BigInt(seconds) * NANOSECONDS + BigInt(nanoseconds ?? 0);
      throw new DewarError({
        code: 'BAD_ANSWER',
        message: `the guest's date says ${JSON.stringify(text.slice(0, 100))}`,
        mend: 'use a guest with the date of coreutils or busybox',
      });
    },
    run: (path, args, options) => run([path, ...args], options),
    async writeFile(path, content, options) {
      await done(['sh', '-c', 'cat >"$1"', 'sh', path], { ...options, input: content });
    },
    readFile: (path, options) => done(['head', '-c', String(READ_LIMIT), '--', path], options),
    async powerOff(options) {
      // Firecracker goes on with a guest that is off; the connection may end before an answer comes
      await run(['reboot'], options).catch((error: unknown) => {
        if (!(error instanceof DewarError) || !GONE.has(error.code)) throw error;
      });
    },
    [Symbol.dispose]: () => undefined,
  };
}

const GONE = new Set(['SSH_FAILED', 'DEADLINE']);
