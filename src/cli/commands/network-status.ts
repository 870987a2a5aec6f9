import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import { openMachine } from '../open-machine.ts';
import { MACHINE_OPTIONS } from './workspace-options.ts';

export const command: CommandSpec = defineCommand({
  name: 'network status',
  summary: "show the running machine's network: what it may reach, and what was refused",
  options: MACHINE_OPTIONS,
  examples: [{ command: 'dewar network status --json', description: 'for programs' }],
  run: async (input) => {
    const { networkStatus } = await import('../../workspace/network/network-report.ts');
    const { describeNetworkStatus } = await import('../describe-network.ts');
    const hand = await openMachine(input, { checksFiles: false });
    const found = await networkStatus(hand);
    const { tap, guest, names, refused, dropped, open, ...others } = found;
    return {
      data: {
        machine: hand.name,
        ...others,
        tap: tap ?? null,
        guest: guest ?? null,
        names: names ?? null,
        refused: refused ?? null,
        dropped: dropped ?? null,
        open: open ?? null,
      },
      text: describeNetworkStatus(hand.name, found),
    };
  },
});
