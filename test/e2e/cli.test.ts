import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { runCommand } from '../../src/platform/run-command.ts';

const DEWAR = fileURLToPath(new URL('../../dist/dewar.js', import.meta.url));

interface Outcome {
  exitCode: number;
  stdout: string;
  stderr: string;
}

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'dewar-cli-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function dewar(...argv: string[]): Promise<Outcome> {
  const { stdout, ...rest } = await runCommand(process.execPath, [DEWAR, ...argv], { cwd: dir });
  return { ...rest, stdout: stdout.toString() };
}

/** Runs a script in which `$DEWAR` is the program and `$DIR` an empty directory. */
async function bash(script: string): Promise<Outcome> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: dir, DIR: dir, DEWAR: `${process.execPath} ${DEWAR}` };
  const { stdout, ...rest } = await runCommand('bash', ['--norc', '-c', script], { cwd: dir, env });
  return { ...rest, stdout: stdout.toString() };
}

describe('help and version', () => {
  test.each([[[]], [['--help']], [['-h']], [['help']]])('%j lists the commands', async (argv) => {
    const { exitCode, stdout, stderr } = await dewar(...argv);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('Usage: dewar <command>');
    expect(stdout).toMatch(/^ {2}completion +print the completion script/mu);
    expect(stdout).not.toContain('cli-docs');
  });

  test.each([[['bench']], [['bench', '--help']], [['help', 'bench']]])(
    '%j lists the commands of a group',
    async (argv) => {
      const { exitCode, stdout } = await dewar(...argv);
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/^ {2}generate +make a layered Bazel project/mu);
    },
  );

  test.each([[['completion', '--help']], [['help', 'completion']], [['-h', 'completion']]])(
    '%j',
    async (argv) => {
      const { exitCode, stdout } = await dewar(...argv);
      expect(exitCode).toBe(0);
      expect(stdout).toContain('Usage: dewar completion [options] <shell>');
      expect(stdout).toContain('source <(dewar completion bash)');
    },
  );

  test.each([['--version'], ['-V']])('%s', async (flag) => {
    expect(await dewar(flag)).toEqual({ exitCode: 0, stdout: `${packageJson.version}\n`, stderr: '' });
  });

  test('loads no package before a command runs', async () => {
    const imports = await staticImports(DEWAR);
    expect(imports).toContain('node:util');
    expect(imports.filter((name) => !name.startsWith('node:'))).toEqual([]);
  });
});

describe('a wrong command line', () => {
  test.each([
    [['bnech'], 'unknown command "bnech"', 'did you mean dewar bench?'],
    [['bench', 'generat'], 'unknown command "bench generat"', 'did you mean dewar bench generate?'],
    [['completion', 'bash', '--progres', 'none'], 'unknown option --progres', 'did you mean --progress?'],
    [['completion'], "missing required argument 'shell'", 'see dewar completion --help'],
    [['completion', 'tcsh'], 'argument <shell> cannot be "tcsh"', 'see dewar completion --help'],
    [['completion', 'bash', 'zsh'], 'unexpected argument "zsh"', 'see dewar completion --help'],
    [['bench', 'generate'], 'required option missing: --out <dir>', 'see dewar bench generate --help'],
  ])('%j', async (argv, message, mend) => {
    const { exitCode, stdout, stderr } = await dewar(...argv);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain(`error USAGE: ${message}`);
    expect(stderr).toContain(`  mend: ${mend}`);
  });

  test('is told as JSON with --json', async () => {
    const { exitCode, stderr } = await dewar(
      'bench',
      'generate',
      '--json',
      '--packages',
      'many',
      '--out',
      'x',
    );
    expect(exitCode).toBe(1);
    expect(JSON.parse(stderr)).toMatchObject({
      type: 'error',
      code: 'USAGE',
      message: 'option --packages needs an integer, not "many"',
      exitCode: 1,
    });
  });
});

describe('output', () => {
  test('a reader that has gone ends the program quietly', async () => {
    const { stderr } = await bash('{ sleep 0.5; $DEWAR cli-docs; echo "exit $?" >&2; } | true');
    expect(stderr).toBe('exit 0\n');
  });

  test('a full disk is an error', async () => {
    const { stderr } = await bash('$DEWAR cli-docs >/dev/full; echo "exit $?" >&2');
    expect(stderr).toContain('error OUTPUT_FAILED: stdout cannot be written: ENOSPC');
    expect(stderr).toContain('exit 1\n');
  });

  test('a closed stderr does not hide the exit code', async () => {
    const { stdout } = await bash('{ $DEWAR nonsense; echo "exit $?" >&3; } 3>&1 2> >(exit 0)');
    expect(stdout).toBe('exit 1\n');
  });
});

describe('signals', () => {
  const start =
    '$DEWAR bench generate --packages 30000 --out "$DIR/$NAME" --progress ndjson 2>"$DIR/$NAME.err" & pid=$!';
  const started = 'until [ -s "$DIR/$NAME.err" ]; do sleep 0.05; done';

  test.each([
    ['HUP', 129],
    ['INT', 130],
    ['TERM', 143],
  ])('SIG%s ends a command with a typed error and exit code %i', async (signal, code) => {
    const { stdout } = await bash(
      `NAME=${signal}; ${start}; ${started}; kill -${signal} $pid; wait $pid; echo "exit $?"`,
    );
    expect(stdout).toContain(`exit ${code}\n`);
    const lines = (await readFile(join(dir, `${signal}.err`), 'utf8')).trimEnd().split('\n');
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      type: 'error',
      code: 'INTERRUPTED',
      message: `interrupted by SIG${signal}`,
      exitCode: code,
    });
  });
});

/** Names of all modules outside dist/ that the program loads before it looks at its command line. */
async function staticImports(file: string, visited: Set<string> = new Set()): Promise<string[]> {
  if (visited.has(file)) return [];
  visited.add(file);
  const source = await readFile(file, 'utf8');
  const names = [...source.matchAll(/^(?:import|export)\b[^;"']*["']([^"']+)["']/gmu)].map(
    ([, name = '']) => name,
  );
  const inner = names
    .filter((name) => name.startsWith('.'))
    .map((name) => staticImports(join(dirname(file), name), visited));
  return [...names.filter((name) => !name.startsWith('.')), ...(await Promise.all(inner)).flat()];
}
