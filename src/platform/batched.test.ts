import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { batched } from './batched.ts';

test('questions of one turn are one call, those that come while it is under way are the next one', async () => {
  const calls: string[][] = [];
  const ask = batched(async (questions) => {
    calls.push([...questions]);
    await setTimeout(50);
    return new Map(questions.map((question) => [question, `${question}!`]));
  });
  const first = [ask('a'), ask('b'), ask('a')];
  await setTimeout(10);
  const second = [ask('c'), ask('d'), ask('b')];
  expect(await Promise.all([...first, ...second])).toEqual(['a!', 'b!', 'a!', 'c!', 'd!', 'b!']);
  expect(calls).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ]);
});

test('what an answer lacks is undefined, and a failure is one of its own questions alone', async () => {
  const ask = batched((questions) =>
    questions.includes('bad') ? Promise.reject(new Error('no')) : Promise.resolve(new Map([['a', 1]])),
  );
  const failed = Promise.allSettled([ask('bad'), ask('other')]);
  expect((await failed).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await Promise.all([ask('a'), ask('b')])).toEqual([1, undefined]);
});
