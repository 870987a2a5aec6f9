import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import { openMachine } from '../open-machine.ts';
import { MACHINE_OPTIONS } from './workspace-options.ts';

export const command: CommandSpec = defineCommand({
  name: 'network log',
  summary: 'show what the running machine asked for and reached, and what was denied, with counts',
  description: `Names that its resolver was asked for lately, and addresses by port. Names are counted by the questions of its programs, addresses by connections, or by packets that were refused.`,
  options: {
    ...MACHINE_OPTIONS,
    denied: { long: 'denied', short: 'd', kind: 'boolean', description: 'only what was denied' },
  },
  examples: [{ command: 'dewar network log --denied', description: 'what a tool in the machine misses' }],
  run: async (input) => {
    const { networkLog } = await import('../../workspace/network/network-report.ts');
    const { describeNetworkLog } = await import('../describe-network.ts');
    const hand = await openMachine(input, { checksFiles: false });
    const { names, counters } = await networkLog(hand);
    const isShown = ({ verdict }: { verdict: string }): boolean =>
      !input.options.denied || verdict !== 'allowed';
    const shown = { names: names.filter(isShown), addresses: (counters?.targets ?? []).filter(isShown) };
    return {
      data: { machine: hand.name, ...shown, dropped: counters?.dropped ?? null },
      text: await describeNetworkLog(hand.name, shown),
    };
  },
});
