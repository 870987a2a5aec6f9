import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { DewarError } from '../../core/errors.ts';
import type { Check, DoctorContext } from './check.ts';
import { workspaceCheck } from './check.ts';
import { runChecks } from './run-checks.ts';

const BASE = { group: 'host', title: 'it' } as const;

function context(more: Partial<DoctorContext> = {}): DoctorContext {
  return {
    env: {},
    signal: undefined,
    driver: { program: none, acceleration: none, hasUserNetwork: none, shareDaemon: none },
    drivers: [],
    choices: none,
    workspace: () => Promise.resolve(undefined),
    caches: [],
    loadDriver: none,
    ...more,
  };
}

test('results are in the order of the checks, whichever ends first; a check may find many things, or nothing', async () => {
  const checks: Check[] = [
    { ...BASE, id: 'slow', run: () => sleep(30, { level: 'ok', message: 'slow' }) },
    { ...BASE, id: 'none', run: () => Promise.resolve(undefined) },
    {
      ...BASE,
      id: 'two',
      run: () => Promise.resolve([1, 2].map((number) => ({ level: 'note', message: `${number}` }) as const)),
    },
  ];
  expect((await runChecks(checks, context())).map(({ id, message }) => [id, message])).toEqual([
    ['slow', 'slow'],
    ['two', '1'],
    ['two', '2'],
  ]);
});

test('what a check throws is its finding, with the mend and the packages of the error', async () => {
  const error = new DewarError({ code: 'X', message: 'gone', mend: 'get it', packages: ['it'] });
  const checks: Check[] = [
    { ...BASE, id: 'a', run: () => Promise.reject(error) },
    { ...BASE, id: 'b', failure: 'warning', run: () => Promise.reject(new Error('oh')) },
  ];
  expect(await runChecks(checks, context())).toEqual([
    { ...BASE, id: 'a', level: 'problem', message: 'gone', mend: 'get it', packages: ['it'] },
    { ...BASE, id: 'b', level: 'warning', message: 'Error: oh' },
  ]);
});

test('a check that does not end is told to, and the others are not kept', async () => {
  let isTold = false;
  const hangs: Check = {
    ...BASE,
    id: 'hangs',
    deadlineMs: 20,
    run: ({ signal }) =>
      new Promise(() => {
        signal?.addEventListener('abort', () => (isTold = true));
      }),
  };
  const fine: Check = { ...BASE, id: 'fine', run: () => Promise.resolve({ level: 'ok', message: '' }) };
  expect((await runChecks([hangs, fine], context())).map(({ id, level }) => [id, level])).toEqual([
    ['hangs', 'warning'],
    ['fine', 'ok'],
  ]);
  expect(isTold).toBe(true);
});

test('an interruption ends them all', async () => {
  const abort = new AbortController();
  const hangs: Check = { ...BASE, id: 'hangs', run: () => new Promise(() => undefined) };
  const running = runChecks([hangs], context({ signal: abort.signal }));
  abort.abort(new Error('Ctrl-C'));
  await expect(running).rejects.toThrow('Ctrl-C');
});

test.each([
  ['there is none', () => Promise.resolve(undefined)],
  ['it cannot be loaded', () => Promise.reject(new Error('BAD_CONFIG'))],
])('checks of a workspace are silent where %s', async (_, workspace) => {
  const check = workspaceCheck({ id: 'x', title: 'x', run: () => Promise.reject(new Error('made')) });
  expect(await runChecks([check], context({ workspace }))).toEqual([]);
});

function none(): Promise<never> {
  return Promise.reject(new Error('not asked for'));
}
