import { expect, test } from 'vitest';
import { hideFromPrograms } from './child-env.ts';
import { runCommand } from './run-command.ts';

test('a variable that is hidden reaches no program, unless that is given it', async () => {
  process.env['DEWAR_TEST_HIDDEN'] = 'secret';
  const path = process.env['PATH'] ?? '';
  expect(await print()).toBe(`secret,${path}\n`);
  hideFromPrograms(['DEWAR_TEST_HIDDEN', 'DEWAR_TEST_NO_SUCH']);
  expect(await print()).toBe(`,${path}\n`);
  expect(process.env['DEWAR_TEST_HIDDEN']).toBe('secret');
  expect(await print({ DEWAR_TEST_HIDDEN: 'given', PATH: '/bin' })).toBe('given,/bin\n');
});

async function print(env?: Record<string, string>): Promise<string> {
  const args = ['-c', 'echo "$DEWAR_TEST_HIDDEN,$PATH"'];
  const { stdout } = await runCommand('/bin/sh', args, env === undefined ? {} : { env });
  return stdout.toString();
}
