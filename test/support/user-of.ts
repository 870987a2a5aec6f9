import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { DEWAR } from './image-cli.ts';
import type { WorkspaceSandbox } from './workspace-sandbox.ts';

export interface UserOptions {
  /** The workspace when absent. */
  cwd?: string;
  /** Beside the sandbox's. */
  env?: Readonly<Record<string, string>>;
  /** None when absent. */
  input?: string | Uint8Array;
}

export interface Said {
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
  /** Of stdout. */
  bytes: Buffer;
}

export interface StartedByUser {
  pid: number;
  /** What it has written so far. */
  stdout(): string;
  stderr(): string;
  ended: Promise<Said>;
}

export interface Refusal {
  exitCode: number | undefined;
  code: string;
  message: string;
  mend: string;
}

const POLL_MS = 50;

/** Somebody who types dewar commands in a workspace. */
export interface User {
  dewar(args: readonly string[], options?: UserOptions): Promise<Said>;
  start(args: readonly string[], options?: UserOptions): StartedByUser;
  /** Runs a command that must end well. @returns its stdout */
  does(args: readonly string[], options?: UserOptions): Promise<string>;
  /** The same with `--json`. @returns what it printed */
  json<T>(args: readonly string[], options?: UserOptions): Promise<T>;
  /** Runs a command that must fail. @returns the error's code, message and mend, without its names in front */
  refused(args: readonly string[], options?: UserOptions): Promise<Refusal>;
  /** Starts a command, and waits until it has printed a text. */
  startUntil(text: string, args: readonly string[], options?: UserOptions): Promise<StartedByUser>;
  /** Runs a script of sh in the machine. @returns what it printed, without the last end of line */
  inGuest(script: string, ...more: readonly string[]): Promise<string>;
}

/** @param options `onSaid` sees all that was printed */
export function userOf(
  { env }: Pick<WorkspaceSandbox, 'env'>,
  workspace: string,
  options: { onSaid?: (said: Said) => void } = {},
): User {
  const start: User['start'] = (args, { cwd = workspace, env: more = {}, input } = {}) => {
    const child = execa(process.execPath, [DEWAR, ...args], {
      cwd,
      env: { ...env, ...more },
      extendEnv: false,
      reject: false,
      encoding: 'buffer',
      stripFinalNewline: false,
      ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
    });
    const said = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
    const ended = child.then(({ exitCode, stdout, stderr }) => {
      const bytes = Buffer.from(stdout);
      const all = { exitCode, bytes, stdout: bytes.toString(), stderr: Buffer.from(stderr).toString() };
      options.onSaid?.(all);
      return all;
    });
    return { pid: child.pid ?? 0, stdout: () => said.stdout, stderr: () => said.stderr, ended };
  };
  const does: User['does'] = async (args, how) => {
    const { exitCode, stdout, stderr } = await start(args, how).ended;
    if (exitCode === 0) return stdout;
    throw new Error(`dewar ${args.join(' ')} ended with ${exitCode}:\n${stdout}${stderr}`);
  };
  return {
    start,
    async refused(args, how) {
      const { exitCode, stdout, stderr } = await start(args, how).ended;
      const [, code, message, mend] = /^error ([A-Z_]+): ([^]*)\n {2}mend: (.*)\n/m.exec(stderr) ?? [];
      if (exitCode === 0 || code === undefined || message === undefined || mend === undefined)
        throw new Error(`dewar ${args.join(' ')} ended with ${exitCode}:\n${stdout}${stderr}`);
      return { exitCode, code, message, mend };
    },
    async startUntil(text, args, how) {
      const running = start(args, how);
      const state = { over: false };
      void running.ended.then(() => (state.over = true));
      while (!state.over && !`${running.stdout()}${running.stderr()}`.includes(text)) await sleep(POLL_MS);
      if (state.over)
        throw new Error(`dewar ${args.join(' ')} ended by itself:\n${(await running.ended).stderr}`);
      return running;
    },
    dewar: (args, how) => start(args, how).ended,
    does,
    json: async <T>(args: readonly string[], how?: UserOptions) =>
      JSON.parse(await does([...args, '--json'], how)) as T,
    inGuest: async (script, ...more) => (await does(['run', ...more, '--', 'sh', '-c', script])).trimEnd(),
  };
}
