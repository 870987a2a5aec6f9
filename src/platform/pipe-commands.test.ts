import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { pipeCommands } from './pipe-commands.ts';
import type { HostProgram, PipeSource } from './pipe-commands.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dewar-pipe-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const sh = (script: string, ...args: string[]): HostProgram => ({
  file: 'sh',
  args: ['-c', script, ...args],
  cwd: directory,
});
const from = (script: string, more: Partial<PipeSource> = {}): PipeSource => ({
  ...sh(script),
  input: [],
  onStderr: () => undefined,
  ...more,
});
const written = (name: string): Promise<string> => readFile(join(directory, name), 'latin1');

async function isGone(file: string): Promise<boolean> {
  const pid = (await written(file)).trim();
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z');
  return stat.slice(stat.lastIndexOf(')')).startsWith(') Z');
}

test('the input of one comes out of the other, with words and exit codes of both', async () => {
  let said = '';
  const input = [Buffer.from([0xff, 0x00]), Buffer.alloc(300_000, 'x')];
  const source = from('cat; echo mine >&2; exit 3', {
    input,
    onStderr: (chunk) => (said += chunk.toString()),
  });
  const result = await pipeCommands(source, sh(`cat >"$0"; echo yours "it's" >&2; exit 4`, 'a "$copy"'));
  expect(result).toEqual({ source: 3, reader: 4, stderr: "yours it's\n" });
  expect(said).toBe('mine\n');
  expect(await written('a "$copy"')).toBe(Buffer.concat(input).toString('latin1'));
});

test('a source whose reader has ended gets SIGPIPE', async () => {
  const result = await pipeCommands(from('exec cat /dev/zero'), sh('head -c 10 >/dev/null; exit 7'));
  expect(result).toMatchObject({ source: 141, reader: 7 });
});

test('signals that end one of them are exit codes', async () => {
  expect(await pipeCommands(from('kill -s KILL $$'), sh('exec cat'))).toMatchObject({
    source: 137,
    reader: 0,
  });
  expect(await pipeCommands(from('exec cat /dev/zero'), sh('kill -s TERM $$'))).toMatchObject({
    source: 141,
    reader: 143,
  });
});

test('a process that keeps the words of one that has ended is not waited for', async () => {
  const result = await pipeCommands(
    from('true'),
    sh('setsid sleep 60 & echo $! >"$0"; echo said >&2', 'pid'),
  );
  process.kill(Number(await written('pid')));
  expect(result).toEqual({ source: 0, reader: 0, stderr: 'said\n' });
});

test('a program that is not there is named', async () => {
  for (const [source, reader] of [
    [{ ...from(''), file: 'no-such-tar' }, sh('true')],
    [from('true'), { file: 'no-such-ssh', args: [] }],
  ] as const)
    await expect(pipeCommands(source, reader)).rejects.toMatchObject({ code: 'COMMAND_NOT_FOUND' });
});

test.each(['abort', 'deadline'] as const)('both end: %s', async (why) => {
  const stop = new AbortController();
  const begin = 'echo $$ >source; until [ -s reader ]; do sleep 0.05; done; echo ready >&2';
  const source = from(`${begin}; exec cat /dev/zero`, {
    onStderr: () => why === 'abort' && stop.abort(),
  });
  const running = pipeCommands(source, sh('echo $$ >reader; exec sleep 600'), {
    signal: stop.signal,
    deadlineMs: why === 'deadline' ? 3_000 : undefined,
  });
  await expect(running).rejects.toMatchObject({ code: why === 'abort' ? 'INTERRUPTED' : 'DEADLINE' });
  for (const name of ['source', 'reader']) await expect.poll(() => isGone(name)).toBe(true);
});

test('both end when this process is killed', async () => {
  const program = join(directory, 'program.mjs');
  const module = pathToFileURL(join(import.meta.dirname, 'pipe-commands.ts')).href;
  await writeFile(
    program,
    `import { createJiti } from ${JSON.stringify(import.meta.resolve('jiti'))};
const { pipeCommands } = await createJiti(import.meta.url).import(${JSON.stringify(module)});
const sh = (script) => ({ file: 'sh', args: ['-c', script], cwd: ${JSON.stringify(directory)} });
await pipeCommands(
  { ...sh('echo $$ >source; exec sleep 600'), input: [], onStderr: () => undefined },
  sh('echo $$ >reader; exec sleep 600'),
);`,
  );
  const caller = spawn(process.execPath, [program], { stdio: 'inherit' });
  await expect.poll(() => written('reader').catch(() => ''), { timeout: 20_000 }).toMatch(/\n/);
  await expect.poll(() => written('source').catch(() => '')).toMatch(/\n/);
  caller.kill('SIGKILL');
  for (const name of ['source', 'reader']) await expect.poll(() => isGone(name)).toBe(true);
});
