import { resolve } from 'node:path';
import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import { openMachine } from '../open-machine.ts';
import { usageError } from '../usage-error.ts';
import { MACHINE_OPTIONS } from './workspace-options.ts';

export const command: CommandSpec = defineCommand({
  name: 'mount',
  summary: 'mount a directory of this host in the running machine',
  description: `Until it is unmounted, or the machine is down; the mounts of every up are those of the config. What the guest's user writes there belongs to you.`,
  arguments: {
    source: { description: 'the directory of this host', required: true },
    target: { description: "where in the guest: absolute, or ~/…; by default the source's name in the home" },
  },
  options: {
    ...MACHINE_OPTIONS,
    readonly: {
      long: 'readonly',
      short: 'r',
      kind: 'boolean',
      description: 'the guest cannot change it: this host holds that',
    },
  },
  examples: [
    { command: 'dewar mount ../library', description: 'at ~/library' },
    { command: 'dewar mount -r ~/datasets /data', description: 'read-only' },
  ],
  run: async (input) => {
    const { mount } = await import('../../workspace/mount.ts');
    const { standardMountTarget } = await import('../../config/rules/guest-path.ts');
    const { readonly } = input.options;
    const { source, target } = input.arguments;
    const checked = target === undefined ? { value: undefined } : standardMountTarget(target);
    if ('mustBe' in checked)
      throw usageError('mount', `the target ${JSON.stringify(target)} must be ${checked.mustBe}`);
    const hand = await openMachine(input);
    const data = await mount(hand, { source: resolve(input.cwd, source), target: checked.value, readonly });
    const { kind, target: at } = data;
    return {
      data,
      text: `${hand.name}: ${data.source} is at ${at} (${kind}${readonly ? ', read-only' : ''})`,
    };
  },
});
