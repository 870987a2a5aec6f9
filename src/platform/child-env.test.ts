import { expect, test } from 'vitest';
import { hideFromPrograms } from './child-env.ts';
import { runCommand } from './run-command.ts';

test('a variable that is hidden reaches no program, unless that is given it', async () => {
  process.env['DEWAR_TEST_HIDDEN'] = 'secret';
  const print = async (env?: Record<string, string>): Promise<string> => {
    const options = env === undefined ? {} : { env };
    return (
      await runCommand('/bin/sh', ['-c', 'echo "$DEWAR_TEST_HIDDEN,$PATH"'], options)
    ).stdout.toString();
  };
  const path = process.env['PATH'] ?? '';
  expect(await print()).toBe(`secret,${path}\n`);
  hideFromPrograms(['DEWAR_TEST_HIDDEN', 'DEWAR_TEST_NO_SUCH']);
  expect(await print()).toBe(`,${path}\n`);
  expect(process.env['DEWAR_TEST_HIDDEN']).toBe('secret');
  expect(await print({ DEWAR_TEST_HIDDEN: 'given', PATH: '/bin' })).toBe('given,/bin\n');
});
