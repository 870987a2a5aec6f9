import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ResolvedConfig, ResolvedHook } from '../config/resolved-config.ts';
import type { DewarEvent } from '../core/events.ts';
import { runHooks } from './run-hooks.ts';
import type { WorkspaceContext } from './workspace-context.ts';

let directory: string;
let events: DewarEvent[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dewar test "'));
  events = [];
});

afterEach(() => rm(directory, { recursive: true }));

function run(hooks: readonly ResolvedHook[], signal?: AbortSignal): Promise<void> {
  const none = { preUp: [], postUp: [], preDown: [], postDown: [] };
  const config = { name: 'app', directory, hooks: { ...none, postUp: hooks } } as unknown as ResolvedConfig;
  const context = {
    env: { PATH: process.env['PATH'] ?? '', OWN: "it's" },
    emit: (event: DewarEvent) => void events.push(event),
    signal,
  } as unknown as WorkspaceContext;
  return runHooks('postUp', config, undefined, context);
}

const ofUser = (hook: ResolvedHook['run']): ResolvedHook => ({ run: hook, origin: 'user' });
const failure = (why: string): object => ({
  type: 'warning',
  code: 'HOOK_FAILED',
  message: `the post-up hook of the config failed: ${why}`,
});
const warnings = (): unknown[] => events.filter(({ type }) => type === 'warning');

test('hooks run in order, in the directory of the config, and know what they are', async () => {
  await run([
    ofUser('echo "$DEWAR_HOOK $DEWAR_NAME $OWN" >log; pwd >>log; echo told'),
    {
      run: (context) => context.say(`${context.workspace.name} in ${context.workspace.directory}`),
      origin: 'plugin p',
    },
    ofUser('echo "$DEWAR_WORKSPACE" >>log'),
  ]);
  expect(await readFile(join(directory, 'log'), 'utf8')).toBe(
    `post-up app it's\n${directory}\n${directory}\n`,
  );
  expect(events).toEqual([
    { type: 'phase', phase: 'hook', message: 'running the post-up hook of the config' },
    { type: 'note', message: 'told' },
    { type: 'phase-done', phase: 'hook', ms: expect.any(Number) },
    { type: 'phase', phase: 'hook', message: 'running the post-up hook of plugin p' },
    { type: 'note', message: `app in ${directory}` },
    { type: 'phase-done', phase: 'hook', ms: expect.any(Number) },
    { type: 'phase', phase: 'hook', message: 'running the post-up hook of the config' },
    { type: 'phase-done', phase: 'hook', ms: expect.any(Number) },
  ]);
});

test('one that fails is warned of, and the next one runs', async () => {
  await run([
    ofUser('echo broken >&2; exit 3'),
    ofUser('kill -9 $$'),
    ofUser(() => {
      throw new Error('no');
    }),
    ofUser('echo ran >log'),
  ]);
  expect(warnings()).toEqual([failure('exit code 3: broken'), failure('exit code 137'), failure('no')]);
  expect(await readFile(join(directory, 'log'), 'utf8')).toBe('ran\n');
});

test.each<[string, ResolvedHook['run']]>([
  ['a command', 'sleep 60'],
  ['a function that listens to nobody', () => new Promise<void>(() => undefined)],
])('an interruption ends %s, and no other hook begins', async (_, hook) => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 100);
  const interrupted = run([ofUser(hook), ofUser('echo ran >log')], controller.signal);
  await expect(interrupted).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(warnings()).toEqual([]);
  await expect(readFile(join(directory, 'log'))).rejects.toThrow('ENOENT');
});
