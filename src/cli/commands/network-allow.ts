import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import { openMachine } from '../open-machine.ts';
import { usageError } from '../usage-error.ts';
import { MACHINE_OPTIONS } from './workspace-options.ts';

export const command: CommandSpec = defineCommand({
  name: 'network allow',
  summary: 'let the running machine reach a domain, with all names below it',
  description: `At once, and until the machine is down: what every up shall allow is in the config (network.domains). For machines whose network is filtered.`,
  arguments: { domain: { description: 'such as example.com', required: true } },
  options: MACHINE_OPTIONS,
  examples: [{ command: 'dewar network allow packages.example.com', description: 'also names below it' }],
  run: async (input) => {
    const { allowInMachine } = await import('../../workspace/network/allow-in-machine.ts');
    const { standardDomain } = await import('../../config/rules/domain.ts');
    const { domain } = input.arguments;
    const checked = standardDomain(domain);
    if ('mustBe' in checked)
      throw usageError('network allow', `the domain ${JSON.stringify(domain)} must be ${checked.mustBe}`);
    const hand = await openMachine(input, { checksFiles: false });
    const domains = await allowInMachine(hand, [checked.value]);
    return {
      data: { machine: hand.name, domains },
      text: `${hand.name}: ${checked.value} is allowed until the machine is down`,
    };
  },
});
