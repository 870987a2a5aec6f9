import { askYesNo } from '../ask-yes-no.ts';
import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import { describeSetup, setupData } from '../describe-setup.ts';
import { openDoctor } from '../open-doctor.ts';

export const command: CommandSpec = defineCommand({
  name: 'setup',
  summary: 'install what dewar doctor finds missing on this host',
  description: `On Debian and Ubuntu, installs packages with apt-get, as root or by a sudo that asks for no password; else says what to type. On a terminal it asks first; elsewhere it installs with --yes alone, and otherwise prints what it would do.

What no package mends (virtualization, the kernel, limits) is for you: dewar doctor says how.`,
  options: {
    dryRun: {
      long: 'dry-run',
      kind: 'boolean',
      description: 'print what would be installed, and install nothing',
    },
    yes: { long: 'yes', short: 'y', kind: 'boolean', description: 'install without asking' },
  },
  examples: [
    { command: 'dewar setup', description: 'look, ask, install' },
    { command: 'dewar setup --yes', description: 'for scripts' },
  ],
  run: async (input) => {
    const { openSetup, runSetup } = await import('../../workspace/setup/setup.ts');
    const { emit, env, signal, options } = input;
    const context = await openDoctor({ ...input, options: { workspace: undefined } });
    const setup = await openSetup(context);
    const { plan } = setup;
    const isWorkToDo = plan.packages.length > 0 && !options.dryRun;
    if (!isWorkToDo || !(options.yes || (await isWanted(plan.byHand, signal))))
      return { data: setupData(setup, false), text: describeSetup(setup, false) };
    await runSetup(setup, context, { env, emit, signal });
    return { data: setupData(setup, true), text: describeSetup(setup, true) };
  },
});

/** Nobody is asked where nobody is. */
async function isWanted(byHand: string | undefined, signal: AbortSignal): Promise<boolean> {
  const { stdin, stderr } = process;
  if (byHand === undefined || !stdin.isTTY || !stderr.isTTY) return false;
  return askYesNo(`run ${byHand}?`, { input: stdin, output: stderr, signal });
}
