import { expect, test } from 'vitest';
import { nextState, planRepair } from './life-cycle.ts';
import type { LifeEvent, LifeState } from './life-cycle.ts';

const STATES: readonly LifeState[] = ['down', 'starting', 'up', 'stopping'];
const EVENTS: readonly LifeEvent[] = ['start', 'started', 'failed', 'stop', 'stopped', 'lost'];
const ALLOWED: Record<string, LifeState> = {
  'down start': 'starting',
  'starting started': 'up',
  'starting failed': 'down',
  'starting lost': 'down',
  'up stop': 'stopping',
  'up lost': 'down',
  'stopping stopped': 'down',
  'stopping lost': 'down',
};
const PAIRS = STATES.flatMap((state) => EVENTS.map((event) => [state, event] as const));
const isAllowed = ([state, event]: readonly [LifeState, LifeEvent]): boolean =>
  `${state} ${event}` in ALLOWED;

test.each(PAIRS.filter(isAllowed))('a machine that is %s, at %s', (state, event) => {
  expect(nextState(state, event)).toBe(ALLOWED[`${state} ${event}`]);
});

test.each(PAIRS.filter((pair) => !isAllowed(pair)))('a machine that is %s refuses %s', (state, event) => {
  expect(() => nextState(state, event)).toThrow(expect.objectContaining({ code: 'WORKSPACE_STATE' }));
});

test.each([
  ['down', false, { action: 'none' }],
  ['down', true, { action: 'none' }],
  ['up', true, { action: 'none' }],
  ['up', false, { action: 'end', why: 'the machine has ended', poweringOff: false }],
  ['starting', false, { action: 'end', why: 'the dewar that started the machine died', poweringOff: false }],
  ['starting', true, { action: 'end', why: 'the dewar that started the machine died', poweringOff: false }],
  ['stopping', false, { action: 'end', why: 'the dewar that stopped the machine died', poweringOff: false }],
  ['stopping', true, { action: 'end', why: 'the dewar that stopped the machine died', poweringOff: true }],
] as const)('what is found %s, running: %s', (state, isRunning, repair) => {
  expect(planRepair(state, isRunning)).toEqual(repair);
});
