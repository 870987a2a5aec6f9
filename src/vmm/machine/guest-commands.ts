import { DewarError } from '../../core/errors.ts';
import type { CommandHost } from '../../platform/command-host.ts';
import type { CommandResult, RunOptions } from '../../platform/run-command.ts';
import type { Transport } from '../../platform/ssh.ts';

/** Runs programs in a guest as on this host: in a directory, with an environment that is all they get. */
export function guestCommands(ssh: Transport): CommandHost {
  return {
    async run(file, args, { cwd, env, ...options }) {
      return found(file, await ssh.run(commandLine(file, args, cwd, env), options));
    },
    // A file here is nothing that a program there could write to: its output comes by the connection.
    async stream(file, args, { cwd, env, input, signal, deadlineMs, onChunk }) {
      const options = { signal, deadlineMs, onChunk, ...(input === undefined ? {} : { input }) };
      return found(file, await ssh.stream(commandLine(file, args, cwd, env), options));
    },
  };
}

function commandLine(
  file: string,
  args: readonly string[],
  cwd: string | undefined,
  env: RunOptions['env'],
): string[] {
  const variables = Object.entries(env ?? {}).map(([name, value]) => `${name}=${value}`);
  return ['env', '-i', ...variables, 'sh', '-c', ENTER, cwd ?? '/', file, ...args];
}

/** `$0` is the directory, the rest the command; what the shell says of a missing program is not the program's. */
const ENTER = 'cd "$0" || exit 126; command -v "$1" >/dev/null || exit 127; exec "$@"';
const NOT_FOUND = 127;

function found<T extends Pick<CommandResult, 'exitCode' | 'stderr'>>(file: string, result: T): T {
  if (result.exitCode !== NOT_FOUND || result.stderr !== '') return result;
  throw new DewarError({
    code: 'COMMAND_NOT_FOUND',
    message: `${file} was not found in the guest`,
    mend: `build an image that has ${file}, or give its path there`,
  });
}
