import { accessSync, constants } from 'node:fs';
import { userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';

/** Tools of this host, with a home of their own. */
export interface HostTools {
  /** Runs a program that must end well. @returns its stdout */
  does: (directory: string, ...command: readonly string[]) => Promise<string>;
  /** Runs a script of sh. */
  script: (
    directory: string,
    text: string,
  ) => Promise<{ exitCode: number | undefined; said: string; stdout: string }>;
}

/** Where a tool's cache is, and what it works with, say the test alone. */
const NOT_OURS =
  /^(npm_|XDG_|CARGO_|COURSIER_|GO(PATH|MODCACHE|FLAGS|PROXY|ENV|BIN)$|GRADLE_|MAVEN_|MVN|PNPM_|UV_|PIP_(CACHE|FIND|TARGET|INDEX)|SBT_|JAVA_TOOL|NODE_OPTIONS$|VITEST|NODE_ENV$)/i;

/** @param home absolute */
export function hostTools(home: string): HostTools {
  const env = environment(home);
  return {
    async does(directory, program = '', ...args) {
      const { exitCode, stdout, all } = await execa(program, args, {
        cwd: directory,
        env,
        extendEnv: false,
        reject: false,
        stdin: 'ignore',
        all: true,
      });
      if (exitCode === 0) return stdout;
      throw new Error(`${program} ${args.join(' ')} ended with ${exitCode}:\n${all}`);
    },
    async script(directory, text) {
      const { exitCode, stdout, all } = await execa('sh', ['-c', text], {
        cwd: directory,
        env,
        extendEnv: false,
        reject: false,
        stdin: 'ignore',
        all: true,
      });
      return { exitCode, said: all, stdout };
    },
  };
}

/** @returns those that this host lacks */
export function missingPrograms(names: readonly string[]): string[] {
  const path = (process.env['PATH'] ?? '').split(delimiter);
  return names.filter((name) => !path.some((directory) => isProgram(join(directory, name))));
}

function environment(home: string): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !NOT_OURS.test(entry[0]),
  );
  const { homedir } = userInfo();
  return {
    // what lies in the user's home is no cache, but the tool itself
    RUSTUP_HOME: join(homedir, '.rustup'),
    PYENV_ROOT: join(homedir, '.pyenv'),
    ...Object.fromEntries(kept),
    GOTOOLCHAIN: 'local',
    GOFLAGS: '-modcacherw',
    HOME: home,
    // Java takes it from the user's entry, whatever HOME says
    JAVA_TOOL_OPTIONS: `-Duser.home=${home}`,
  };
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return false;
  }
}
