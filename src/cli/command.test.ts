import { expect, expectTypeOf, test } from 'vitest';
import { defineCommand } from './command.ts';

test('gives the handler values typed after the option table', async () => {
  const command = defineCommand({
    name: 'group word',
    summary: 'does it',
    arguments: {
      first: { description: 'first', required: true },
      rest: { description: 'rest', variadic: true },
    },
    options: {
      plain: { long: 'plain', kind: 'string', description: 'd' },
      must: { long: 'must', kind: 'string', required: true, description: 'd' },
      colour: { long: 'colour', kind: 'string', choices: ['red', 'blue'], default: 'red', description: 'd' },
      flag: { long: 'flag', kind: 'boolean', description: 'd' },
      maybe: { long: 'maybe', kind: 'boolean', default: undefined, description: 'd' },
      count: { long: 'count', kind: 'integer', default: 3, description: 'd' },
      many: { long: 'many', kind: 'list', splitOn: 'comma', description: 'd' },
    },
    run: ({ options, arguments: args }) => {
      expectTypeOf(options.plain).toEqualTypeOf<string | undefined>();
      expectTypeOf(options.must).toEqualTypeOf<string>();
      expectTypeOf(options.colour).toEqualTypeOf<'red' | 'blue'>();
      expectTypeOf(options.flag).toEqualTypeOf<boolean>();
      expectTypeOf(options.maybe).toEqualTypeOf<boolean | undefined>();
      expectTypeOf(options.count).toEqualTypeOf<number>();
      expectTypeOf(options.many).toEqualTypeOf<string[]>();
      expectTypeOf(args.first).toEqualTypeOf<string>();
      expectTypeOf(args.rest).toEqualTypeOf<string[]>();
      return { data: { must: options.must } };
    },
  });
  expect(command).toMatchObject({
    name: 'group word',
    json: 'boolean',
    hidden: false,
    examples: [],
    exitCodes: {},
  });
  const result = await command.run({
    options: { must: 'x' },
    arguments: {},
    emit: () => undefined,
    print: () => Promise.resolve(true),
    signal: new AbortController().signal,
    env: {},
    cwd: '/',
    json: false,
    version: '0',
  });
  expect(result).toEqual({ data: { must: 'x' } });
});
