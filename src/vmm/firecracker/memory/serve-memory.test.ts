import { expect, test } from 'vitest';
import { runCommand } from '../../../platform/run-command.ts';
import { FAULT_SCRIPT } from './fault-script.ts';
import { memoryBackend } from './serve-memory.ts';

test('memory is read from its file unless something else is asked for', () => {
  expect([undefined, '', 'file', 'uffd'].map((wish) => memoryBackend(env(wish)))).toEqual([
    'file',
    'file',
    'file',
    'uffd',
  ]);
  expect(() => memoryBackend(env('UFFD'))).toThrow(expect.objectContaining({ code: 'BAD_ENV' }));
});

function env(wish: string | undefined): Record<string, string> {
  return wish === undefined ? {} : { DEWAR_FIRECRACKER_MEMORY: wish };
}

test('the script is one that perl understands', async () => {
  const { exitCode, stderr } = await runCommand('perl', ['-c', '-e', FAULT_SCRIPT]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '-e syntax OK\n' });
});
