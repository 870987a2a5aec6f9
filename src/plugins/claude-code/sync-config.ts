import { lstat, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { DewarError } from '../../core/errors.ts';
import { parseWords } from '../../core/parse-words.ts';
import { guestCommandFailed } from '../../guest/guest-command-failed.ts';
import { isAbsent } from '../../platform/errno.ts';
import { runCommand } from '../../platform/run-command.ts';
import type { Guest, PluginCommandContext } from '../../config/workspace-config.ts';
import { CONFIG_DIRECTORIES, CONFIG_FILES, CREDENTIALS, SETTINGS } from './config-names.ts';
import { sendCredentials } from './send-credentials.ts';

const OPTIONS = { credentials: { type: 'boolean' }, 'follow-links': { type: 'boolean' } } as const;
const DEADLINE_MS = 300_000;

/**
 * Copies settings, memory, commands, agents and the like over those of the guest. What is mounted there is current anyway.
 * @throws DewarError USAGE, CLAUDE_CONFIG_MISSING, CLAUDE_CONFIG_UNREADABLE, CLAUDE_NO_CREDENTIALS, GUEST_NOT_IN_MEMORY,
 * GUEST_COMMAND_FAILED, DEADLINE, INTERRUPTED; what the guest throws
 */
export async function syncConfig(context: PluginCommandContext): Promise<void> {
  const { guest, say } = context;
  const options = parseWords('claude-code sync-config', context.args, OPTIONS);
  const directory = configDirectory(context.env);
  const followLinks = options['follow-links'] === true;
  const found = await findConfig(directory, followLinks, say);
  const mounted = await mountedIn(guest);
  const names = found.filter((name) => !mounted.has(name));
  if (names.length > 0) {
    await warnOfSecrets(directory, names, say);
    await send(context, directory, names, followLinks);
  }
  say(names.length === 0 ? 'all of it is mounted: nothing to copy' : `copied: ${names.join(', ')}`);
  if (options.credentials === true) await sendCredentials(context, directory);
}

function configDirectory({ CLAUDE_CONFIG_DIR, HOME }: Readonly<Record<string, string>>): string {
  if (CLAUDE_CONFIG_DIR !== undefined && CLAUDE_CONFIG_DIR !== '') return CLAUDE_CONFIG_DIR;
  return join(HOME ?? homedir(), '.claude');
}

/**
 * A link could lead into a directory that a guest may write, where it leads wherever the guest likes: such as to a key of
 * this host.
 */
async function findConfig(
  directory: string,
  followLinks: boolean,
  say: (message: string) => void,
): Promise<string[]> {
  const found: string[] = [];
  for (const name of [...CONFIG_FILES, ...CONFIG_DIRECTORIES]) {
    const kind = await kindOf(join(directory, name));
    if (kind === 'link' && !followLinks)
      say(`${name} is a symbolic link, and left out: --follow-links copies what it leads to`);
    else if (kind !== undefined) found.push(name);
  }
  if (found.length > 0) return found;
  throw new DewarError({
    code: 'CLAUDE_CONFIG_MISSING',
    message: `there is nothing to copy in ${directory}: none of ${[...CONFIG_FILES, ...CONFIG_DIRECTORIES].join(', ')}`,
    mend: 'set CLAUDE_CONFIG_DIR where your settings of Claude Code lie in another directory',
  });
}

async function kindOf(path: string): Promise<'link' | 'other' | undefined> {
  try {
    return (await lstat(path)).isSymbolicLink() ? 'link' : 'other';
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw unreadable(path, error);
  }
}

async function mountedIn(guest: Guest): Promise<Set<string>> {
  const script = 'for name; do if mountpoint -q ".claude/$name"; then echo "$name"; fi; done';
  const result = await guest.run(['sh', '-c', script, 'mounted', ...CONFIG_DIRECTORIES]);
  return new Set(result.stdout.toString('utf8').split('\n'));
}

/** These are the user's own to give away, knowingly. */
async function warnOfSecrets(
  directory: string,
  names: readonly string[],
  say: (message: string) => void,
): Promise<void> {
  if (!names.includes(SETTINGS)) return;
  const path = join(directory, SETTINGS);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw unreadable(path, error);
  });
  if (/"env"\s*:/.test(text))
    say(`${SETTINGS} has an env: if there are secrets in it, they now lie on the machine's disk`);
}

async function send(
  { guest, signal }: PluginCommandContext,
  directory: string,
  names: readonly string[],
  followLinks: boolean,
): Promise<void> {
  const args = [
    '--create',
    '--file=-',
    `--directory=${directory}`,
    `--exclude=${CREDENTIALS}`,
    '--exclude=.git',
    ...(followLinks ? ['--dereference'] : []),
    '--',
    ...names,
  ];
  const packed = await runCommand('tar', args, { signal, deadlineMs: DEADLINE_MS });
  if (packed.exitCode !== 0) throw unreadable(directory, packed.stderr.trim());
  const unpack =
    'umask 077; mkdir -p .claude && exec tar --extract --file=- --directory=.claude --no-same-owner';
  const result = await guest.run(['sh', '-c', unpack], { input: packed.stdout, deadlineMs: DEADLINE_MS });
  if (result.exitCode !== 0) throw guestCommandFailed('unpacking into ~/.claude', result);
}

function unreadable(path: string, cause: unknown): DewarError {
  return new DewarError({
    code: 'CLAUDE_CONFIG_UNREADABLE',
    message: `${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
    mend: 'check its permissions; --follow-links needs links that lead somewhere',
    cause,
  });
}
