import { EXIT } from '../../core/exit-codes.ts';
import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import { describeDoctor } from '../describe-doctor.ts';
import { openDoctor } from '../open-doctor.ts';
import { WORKSPACE_DIRECTORY } from '../workspace-option.ts';

export const command: CommandSpec = defineCommand({
  name: 'doctor',
  summary: 'check what dewar needs of this host, and the workspace here',
  description: `Each line has a mark: ✓ all is well, · a note, ! it works but not well, ✗ it does not work; where there is something to do, a mend follows. Nothing is changed; dewar setup installs what is missing.

In a workspace, the config is loaded, which runs its code, and its image, machines and mounts are looked at.`,
  options: { workspace: WORKSPACE_DIRECTORY },
  examples: [
    { command: 'dewar doctor', description: 'what is missing here?' },
    { command: 'dewar doctor --json', description: 'for programs' },
  ],
  exitCodes: { 1: 'there is a problem' },
  run: async (input) => {
    const { doctor } = await import('../../workspace/doctor/doctor.ts');
    const diagnosis = await doctor(await openDoctor(input));
    const { results, counts, packages } = diagnosis;
    return {
      data: { ok: counts.problem === 0, counts, packages, checks: results },
      text: describeDoctor(diagnosis),
      exitCode: counts.problem === 0 ? EXIT.ok : EXIT.error,
    };
  },
});
