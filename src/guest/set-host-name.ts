import type { GuestCommands, GuestLimits } from './refresh-clone.ts';

/** Runs as root in the guest. What is there already is not written again: its disk may be full. */
const SCRIPT = `hostname -- "$1" || exit 1
grep -qsx -- "$1" /etc/hostname || printf '%s\\n' "$1" >/etc/hostname || exit 1
grep -qs "^127\\.0\\.1\\.1[[:space:]]$1\\$" /etc/hosts && exit 0
others=$(grep -v '^127\\.0\\.1\\.1[[:space:]]' /etc/hosts)
printf '%s\\n127.0.1.1 %s\\n' "$others" "$1" >/etc/hosts`;

/**
 * Gives a booted guest the name of its machine.
 * @param name of letters, digits and hyphens
 * @returns why it has not taken it; undefined when it has
 * @throws what the agent throws
 */
export async function setHostName(
  agent: Pick<GuestCommands, 'run'>,
  name: string,
  limits: GuestLimits,
): Promise<string | undefined> {
  const done = await agent.run('/bin/sh', ['-c', SCRIPT, 'sh', name], limits);
  return done.exitCode === 0 ? undefined : done.stderr.trim().slice(-500);
}
