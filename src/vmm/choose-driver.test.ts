import { expect, test } from 'vitest';
import { DewarError } from '../core/errors.ts';
import { chooseDriver, describeChoice } from './choose-driver.ts';
import type { Candidate } from './choose-driver.ts';
import type { DriverProbe } from './driver.ts';

type Given = Candidate<{ name: string; probe(): Promise<DriverProbe> }>;

const WORKS: DriverProbe = { works: true };
const EMULATED: DriverProbe = { works: true, emulated: 'no KVM' };
const ABSENT: DriverProbe = { works: false, why: 'it is not there', mend: 'install it' };

function given(name: string, probe: DriverProbe | Error, missing?: Error): Given {
  return {
    name,
    load: () =>
      Promise.resolve({
        name,
        probe: () => (probe instanceof Error ? Promise.reject(probe) : Promise.resolve(probe)),
      }),
    check: missing && (() => Promise.reject(missing)),
  };
}

async function* names(...all: string[]): AsyncGenerator<string> {
  yield* all;
}

const NO_IMAGE = new DewarError({ code: 'IMAGE_MISSING', message: 'no image', mend: 'build it' });
const over = (driver: string, why: string): object => expect.objectContaining({ driver, why });

test.each([
  ['the first that works', [given('a', WORKS), given('b', WORKS)], 'a', []],
  [
    'better ones that do not work are named',
    [given('a', ABSENT), given('b', NO_IMAGE), given('c', WORKS, NO_IMAGE), given('d', WORKS)],
    'd',
    [over('a', 'it is not there'), over('b', 'no image'), over('c', 'no image')],
  ],
  [
    'one without KVM comes after all others, which are the worse ones too',
    [given('a', EMULATED), given('b', ABSENT), given('c', WORKS), given('d', WORKS)],
    'c',
    [over('b', 'it is not there'), over('a', 'its guests would be emulated: no KVM')],
  ],
  [
    'of those without KVM, the first',
    [given('a', ABSENT), given('b', EMULATED), given('c', EMULATED), given('d', ABSENT)],
    'b',
    [over('a', 'it is not there'), over('d', 'it is not there')],
  ],
])('%s', async (_, candidates, name, passedOver) => {
  const choice = await chooseDriver({ candidates });
  expect(choice).toMatchObject({ name, driver: { name } });
  expect(choice.passedOver).toEqual(passedOver);
});

test('those that are preferred come first, without KVM too; one that nobody knows is passed over', async () => {
  const candidates = [given('a', WORKS), given('b', EMULATED), given('c', ABSENT)];
  const choice = await chooseDriver({
    candidates,
    preferred: names('x', 'c', 'b'),
    whyPreferred: 'it was there',
  });
  expect(choice.name).toBe('b');
  expect(describeChoice(choice)).toBe(
    'driver b: it was there; not x: it is none that can be taken here; not c: it is not there',
  );
});

test('where none of the preferred works, the best of the others', async () => {
  const candidates = [given('a', ABSENT), given('b', WORKS), given('c', WORKS)];
  const choice = await chooseDriver({ candidates, preferred: names('a') });
  expect(choice).toMatchObject({ name: 'b', passedOver: [{ driver: 'a', mend: 'install it' }] });
});

test('where none works, each is named with its mend', async () => {
  const candidates = [given('a', ABSENT), given('b', WORKS, NO_IMAGE)];
  await expect(chooseDriver({ candidates })).rejects.toMatchObject({
    code: 'DRIVER_UNAVAILABLE',
    message: 'no driver works here: a: it is not there; b: no image',
    mend: 'mend one of them: a: install it; b: build it',
  });
});

test.each([
  ['a fault of dewar', new TypeError('oh')],
  ['an interruption', new DewarError({ code: 'INTERRUPTED', message: 'stopped', mend: '' })],
])('%s is no reason to take another one', async (_, error) => {
  const candidates = [given('a', error), given('b', WORKS)];
  await expect(chooseDriver({ candidates })).rejects.toBe(error);
});
