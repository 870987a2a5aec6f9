import { DewarError } from '../../core/errors.ts';
import { runCommand } from '../../platform/run-command.ts';
import { streamCommand } from '../../platform/stream-command.ts';
import type { PluginCommandContext } from '../../config/workspace-config.ts';

/** The AWS CLI of this host. Its answers have secrets, its arguments never do. */
export interface HostAws {
  /**
   * @returns what it printed, without the last newline, or what it said when it failed
   * @throws DewarError AWS_CLI_MISSING, DEADLINE, INTERRUPTED
   */
  tryRun(args: readonly string[]): Promise<{ output: string } | { failure: string }>;
  /** @throws DewarError AWS_FAILED, and as `tryRun` */
  run(args: readonly string[]): Promise<string>;
  /** Runs it while the user watches. @throws DewarError as `run` */
  show(args: readonly string[]): Promise<void>;
}

const DEADLINE_MS = 120_000;
/** For a person who signs in. */
const SIGN_IN_DEADLINE_MS = 600_000;

/** @param profile that of the environment when undefined */
export function hostAws(
  { env, say, signal }: Pick<PluginCommandContext, 'env' | 'say' | 'signal'>,
  profile: string | undefined,
): HostAws {
  const options = { env: { ...env, AWS_PAGER: '' }, signal };
  const argsOf = (args: readonly string[]): string[] => [
    ...args,
    ...(profile === undefined ? [] : [`--profile=${profile}`]),
  ];
  const print = (chunk: Buffer): void => {
    const text = chunk.toString('utf8').trimEnd();
    if (text !== '') say(text);
  };
  const aws: HostAws = {
    async tryRun(args) {
      const { exitCode, stdout, stderr } = await orMissing(
        runCommand('aws', argsOf(args), { ...options, deadlineMs: DEADLINE_MS }),
      );
      return exitCode === 0
        ? { output: stdout.toString('utf8').trimEnd() }
        : { failure: stderr.trim() || `exit code ${exitCode}` };
    },
    async run(args) {
      const result = await aws.tryRun(args);
      if ('output' in result) return result.output;
      throw awsFailed(args, result.failure);
    },
    async show(args) {
      const { exitCode, stderr } = await orMissing(
        streamCommand('aws', argsOf(args), {
          ...options,
          deadlineMs: SIGN_IN_DEADLINE_MS,
          onChunk: print,
          onStderr: print,
        }),
      );
      if (exitCode !== 0) throw awsFailed(args, stderr.trim());
    },
  };
  return aws;
}

async function orMissing<T>(running: Promise<T>): Promise<T> {
  try {
    return await running;
  } catch (error) {
    if (!(error instanceof DewarError) || error.code !== 'COMMAND_NOT_FOUND') throw error;
    throw new DewarError({
      code: 'AWS_CLI_MISSING',
      message: 'the program aws is not on this host, and dewar aws login takes its session',
      mend: 'install the AWS CLI, version 2.9 or newer, on this host and sign in there, such as with: aws configure sso',
      cause: error,
    });
  }
}

function awsFailed(args: readonly string[], failure: string): DewarError {
  const what = `aws ${args.slice(0, 2).join(' ')}`;
  return new DewarError({
    code: 'AWS_FAILED',
    message: `${what} failed on this host: ${failure}`,
    mend: failure.includes('Invalid choice')
      ? 'install a newer AWS CLI: it needs version 2.9'
      : `see that it works by itself: ${what}; a profile is set up by: aws configure sso`,
  });
}
