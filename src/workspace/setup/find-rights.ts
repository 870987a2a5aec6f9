import { findProgram } from '../../platform/find-program.ts';
import { runCommand } from '../../platform/run-command.ts';
import type { SetupInput } from './plan-setup.ts';

const DEADLINE_MS = 10_000;

/** @returns how this user may install packages without being asked for anything */
export async function findRights(env: Readonly<Record<string, string>>): Promise<SetupInput['rights']> {
  if (process.getuid?.() === 0) return 'root';
  const sudo = await findProgram('sudo', env['PATH'] ?? '');
  if (sudo === undefined) return 'none';
  const tried = await runCommand(sudo, ['-n', 'true'], { env, deadlineMs: DEADLINE_MS });
  return tried.exitCode === 0 ? 'sudo' : 'none';
}
