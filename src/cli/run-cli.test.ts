import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { DewarError } from '../core/errors.ts';
import { defineCommand } from './command.ts';
import type { CommandResult, CommandSpec } from './command.ts';
import { runCli } from './run-cli.ts';

interface Outcome {
  exitCode: number;
  stdout: string;
  stderr: string;
}

async function run(
  argv: readonly string[],
  command: CommandSpec,
  signal = new AbortController().signal,
): Promise<Outcome> {
  const stdout = new PassThrough();
  const stderr: string[] = [];
  const exitCode = await runCli(argv, {
    registry: { groups: { bazel: 'the engine' }, commands: [command] },
    version: '1.2.3',
    stdout,
    stderr: { write: (text) => stderr.push(text) },
    env: {},
    cwd: '/',
    signal,
  });
  stdout.end();
  return { exitCode, stdout: Buffer.concat(await stdout.toArray()).toString(), stderr: stderr.join('') };
}

function returning(result: () => CommandResult, json: CommandSpec['json'] = 'boolean'): CommandSpec {
  const own = { report: { long: 'json', kind: 'string', description: '' } } as const;
  return defineCommand({
    name: 'do',
    summary: 'do it',
    options: json === 'own' ? own : {},
    json,
    run: result,
  });
}

const BOTH: CommandResult = { data: { n: 1 }, text: 'one', exitCode: 2 };

test.each([
  [['do'], BOTH, 'one\n'],
  [['do', '--json'], BOTH, '{\n  "n": 1\n}\n'],
  [['do'], { data: [] }, '[]\n'],
  [['do'], { data: [], text: '' }, ''],
  [['do', '--json'], { text: 'one' }, ''],
  [['do'], {}, ''],
])('%j of %j prints %j', async (argv, result, stdout) => {
  expect(
    await run(
      argv,
      returning(() => result),
    ),
  ).toEqual({ exitCode: result.exitCode ?? 0, stdout, stderr: '' });
});

test('an option json of the command takes the place of the global one', async () => {
  const command = defineCommand({
    name: 'do',
    summary: '',
    json: 'own',
    options: { json: { long: 'json', kind: 'string', description: '' } },
    run: ({ options, json }) => ({ text: `${options.json ?? ''} ${String(json)}` }),
  });
  expect((await run(['do', '--json', 'report.json'], command)).stdout).toBe('report.json false\n');
});

test('the handler gets its own options only', async () => {
  const command = defineCommand({
    name: 'do',
    summary: '',
    options: { a: { long: 'a', kind: 'string', default: 'x', description: '' } },
    run: ({ options, version, cwd }) => ({ data: { options, version, cwd } }),
  });
  const { stdout } = await run(['-v', 'do'], command);
  expect(JSON.parse(stdout)).toEqual({ options: { a: 'x' }, version: '1.2.3', cwd: '/' });
});

const failingCommand = returning(() => {
  throw new DewarError({ code: 'SOME_CODE', message: 'it failed', mend: 'mend it', exitCode: 7 });
});

test('an error goes to stderr, with its exit code', async () => {
  expect(await run(['do'], failingCommand)).toEqual({
    exitCode: 7,
    stdout: '',
    stderr: 'error SOME_CODE: it failed\n  mend: mend it\n',
  });
});

test.each([[['do', '--json']], [['do', '--progress=ndjson']], [['--json', 'do']]])(
  '%j makes errors JSON',
  async (argv) => {
    const { stderr } = await run(argv, failingCommand);
    expect(JSON.parse(stderr)).toMatchObject({ type: 'error', code: 'SOME_CODE', exitCode: 7 });
  },
);

test('a wrong command line is reported as asked for, too', async () => {
  const { stderr, exitCode } = await run(['do', '--nope', '--json'], failingCommand);
  expect(JSON.parse(stderr)).toMatchObject({ code: 'USAGE', message: 'unknown option --nope' });
  expect(exitCode).toBe(1);
});

test('help wins over everything else on the line', async () => {
  const { stdout, exitCode } = await run(['do', '--nope', '-h'], failingCommand);
  expect(stdout).toContain('Usage: dewar do [options]');
  expect(exitCode).toBe(0);
});

test('whatever fails after an interruption is the interruption', async () => {
  const controller = new AbortController();
  const reason = new DewarError({
    code: 'INTERRUPTED',
    message: 'interrupted by SIGTERM',
    mend: 'again',
    exitCode: 143,
  });
  const command = returning(() => {
    controller.abort(reason);
    throw new Error('the child was killed');
  });
  const { stderr, exitCode } = await run(['do', '-v'], command, controller.signal);
  expect(exitCode).toBe(143);
  expect(stderr).toContain(
    'interrupted: cleaning up; a second signal ends at once\nerror INTERRUPTED: interrupted by SIGTERM',
  );
  expect(stderr).toContain('caused by: Error: the child was killed');
});

test('a bug is told as one', async () => {
  const { stderr, exitCode } = await run(
    ['do'],
    returning(() => {
      throw new TypeError('x is not a function');
    }),
  );
  expect(exitCode).toBe(1);
  expect(stderr).toContain('error INTERNAL: unexpected TypeError: x is not a function');
});
