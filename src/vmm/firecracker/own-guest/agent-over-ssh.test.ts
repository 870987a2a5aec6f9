import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DewarError } from '../../../core/errors.ts';
import { runCommand } from '../../../platform/run-command.ts';
import type { CommandResult } from '../../../platform/run-command.ts';
import { agentOverSsh } from './agent-over-ssh.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dewar-agent-'));
});
afterEach(() => rm(directory, { recursive: true }));

const OPTIONS = { isRoot: true, deadlineMs: 20_000 };
/** Stands in for a connection: programs run on this host. */
const here = {
  run: ([file = '', ...args]: readonly string[], options = {}): Promise<CommandResult> =>
    runCommand(file, args, options),
};

function saying(stdout: string, exitCode = 0, stderr = ''): typeof here {
  return { run: () => Promise.resolve({ exitCode, stdout: Buffer.from(stdout), stderr }) };
}

test('runs programs, and writes and reads files', async () => {
  const agent = agentOverSsh(here, OPTIONS);
  await agent.ping();
  const ran = await agent.run('sh', ['-c', 'cat; echo "$0" >&2; exit 7', 'word'], { input: 'in' });
  expect({ ...ran, stdout: ran.stdout.toString() }).toEqual({ exitCode: 7, stdout: 'in', stderr: 'word\n' });
  const path = join(directory, `it's "a" file`);
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  await agent.writeFile(path, bytes);
  expect((await readFile(path)).equals(bytes)).toBe(true);
  expect((await agent.readFile(path)).equals(bytes)).toBe(true);
});

test('knows the time to the nanosecond, or to the second where `date` knows no better', async () => {
  const now = BigInt(Date.now()) * 1_000_000n;
  const theirs = await agentOverSsh(here, OPTIONS).time();
  expect(theirs >= now && theirs < now + 20_000_000_000n).toBe(true);
  expect(await agentOverSsh(saying('1700000000 %N\n'), OPTIONS).time()).toBe(1_700_000_000_000_000_000n);
  await expect(agentOverSsh(saying('what?\n'), OPTIONS).time()).rejects.toMatchObject({ code: 'BAD_ANSWER' });
});

test('is root by sudo where ssh is not', async () => {
  const commands: string[][] = [];
  const ssh: typeof here = {
    run: (command) => {
      commands.push([...command]);
      return saying('').run(command);
    },
  };
  const agent = agentOverSsh(ssh, { ...OPTIONS, isRoot: false });
  await agent.ping();
  await agent.run('perl', ['-e', '1']);
  expect(commands).toEqual([
    ['sudo', '-n', '--', 'true'],
    ['sudo', '-n', '--', 'perl', '-e', '1'],
  ]);
});

test('a guest without such rights is told from one that is gone', async () => {
  const refused = saying('', 1, 'sudo: a password is required\n');
  await expect(agentOverSsh(refused, { ...OPTIONS, isRoot: false }).ping()).rejects.toMatchObject({
    code: 'GUEST_UNFIT',
    message: expect.stringContaining('a password is required') as string,
    mend: expect.stringContaining('sudo') as string,
  });
  const gone = new DewarError({ code: 'SSH_FAILED', message: 'gone', mend: 'none' });
  const lost: typeof here = { run: () => Promise.reject(gone) };
  await expect(agentOverSsh(lost, OPTIONS).ping()).rejects.toBe(gone);
  // it was asked to go
  await expect(agentOverSsh(lost, OPTIONS).powerOff()).resolves.toBeUndefined();
});
