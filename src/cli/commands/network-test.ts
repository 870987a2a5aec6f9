import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import { openMachine } from '../open-machine.ts';
import { usageError } from '../usage-error.ts';
import { MACHINE_OPTIONS } from './workspace-options.ts';

const STANDARD_PORT = 443;

export const command: CommandSpec = defineCommand({
  name: 'network test',
  summary: 'try from the running machine whether it reaches a host, and say why not',
  description: `A program of the guest connects by TCP. The exit code is 1 where it did not.`,
  arguments: { target: { description: `HOST[:PORT]; port ${STANDARD_PORT} by default`, required: true } },
  options: MACHINE_OPTIONS,
  examples: [{ command: 'dewar network test github.com:22', description: 'would git by ssh work?' }],
  exitCodes: { 1: 'it was not reached' },
  run: async (input) => {
    const { testTarget } = await import('../../workspace/network/test-target.ts');
    const target = parseTarget(input.arguments.target);
    const hand = await openMachine(input, { checksFiles: false });
    const data = await testTarget(hand, target);
    const { host, port, reached, said, allowed, why, ms } = data;
    const policy = `${allowed ? 'allowed' : 'denied'}: ${why}`;
    return {
      data: { machine: hand.name, ...data, said: said ?? null },
      text: `${hand.name}: ${host}:${port} ${reached ? `reached in ${ms} ms` : `not reached (${said ?? ''})`}; ${policy}`,
      exitCode: reached ? 0 : 1,
    };
  },
});

function parseTarget(text: string): { host: string; port: number } {
  const [, host = '', digits] = /^([a-zA-Z0-9._-]{1,253})(?::(\d{1,5}))?$/.exec(text) ?? [];
  const port = digits === undefined ? STANDARD_PORT : Number(digits);
  if (host === '' || host.startsWith('-') || port < 1 || port > 65_535)
    throw usageError(
      'network test',
      `${JSON.stringify(text)} must be HOST or HOST:PORT, such as example.com:443`,
    );
  return { host: host.toLowerCase(), port };
}
