import { findProgram } from './find-program.ts';
import { runCommand } from './run-command.ts';

const DEADLINE_MS = 10_000;

export type Rights = 'root' | 'sudo' | 'none';

/** @returns how this user may run programs as root without being asked for anything */
export async function findRights(env: Readonly<Record<string, string>>): Promise<Rights> {
  if (process.getuid?.() === 0) return 'root';
  const sudo = await findProgram('sudo', env['PATH'] ?? '');
  if (sudo === undefined) return 'none';
  const tried = await runCommand(sudo, ['-n', 'true'], { env, deadlineMs: DEADLINE_MS });
  return tried.exitCode === 0 ? 'sudo' : 'none';
}
