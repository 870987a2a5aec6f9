import { DewarError } from '../../core/errors.ts';
import { findProgram, systemPath } from '../../platform/find-program.ts';
import { runCommand } from '../../platform/run-command.ts';
import type { Check, Finding } from './check.ts';

type ProgramCheck = Omit<Check, 'run'> & {
  programs: readonly string[];
  /** They may lie in directories of system programs which PATH lacks. */
  system?: boolean;
  /** Debian packages. */
  packages: readonly string[];
  /** What it is for. */
  why: string;
  /** Arguments with which the first one says its version, in the first line. */
  version?: readonly string[];
  /** Looks at that line. */
  judge?: (version: string) => Finding | undefined;
};

/** @returns the check that programs are there */
export function programCheck({
  programs,
  system,
  packages,
  why,
  version,
  judge,
  ...check
}: ProgramCheck): Check {
  return {
    ...check,
    async run({ env, signal }) {
      const path = system === true ? systemPath(env) : (env['PATH'] ?? '');
      const found = await Promise.all(programs.map((program) => findProgram(program, path)));
      const missing = programs.filter((_, index) => found[index] === undefined);
      if (missing.length > 0) throw isMissing(missing, why, packages);
      const [first = ''] = found;
      if (version === undefined) return { level: 'ok', message: first };
      const said = await runCommand(first, version, { env, signal });
      const line = `${said.stdout.toString('utf8')}${said.stderr}`.trim().split('\n')[0] ?? '';
      return judge?.(line) ?? { level: 'ok', message: line };
    },
  };
}

function isMissing(programs: readonly string[], why: string, packages: readonly string[]): DewarError {
  return new DewarError({
    code: 'COMMAND_NOT_FOUND',
    message: `${programs.join(' and ')} ${programs.length === 1 ? 'is' : 'are'} not on PATH: ${why}`,
    mend: `install ${packages.join(' ')}`,
    packages,
  });
}
