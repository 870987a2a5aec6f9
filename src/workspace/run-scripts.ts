import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { readScript } from '../config/files/read-script.ts';
import type { Origin, ResolvedConfig, ResolvedScript } from '../config/resolved-config.ts';
import { DewarError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import { commandInGuest } from './guest-handle.ts';
import type { GuestConnections } from './guest-handle.ts';
import { scriptLogName } from './script-logs.ts';

export interface ScriptFailure {
  name: string;
  origin: Origin;
  why: string;
  /** Absolute path of what it said. */
  log: string;
}

interface ScriptContext {
  config: ResolvedConfig;
  /** Absolute; made when absent. */
  logs: string;
  emit: Emit;
  signal: AbortSignal | undefined;
}

/** Takes the script from its input: a script may read none, and a directory of scripts may be anybody's. */
const RUN_INPUT = [
  'file=$(mktemp) || exit 1',
  `trap 'rm -f "$file"' EXIT`,
  'cat >"$file" && chmod 700 "$file" || exit 1',
  '"$file" </dev/null',
].join('\n');

/**
 * Runs scripts of a config in the guest, in order, each with the user's env. Where one of a plugin fails, the next ones run all the same:
 * what it brings may not be needed. The first of the user's own that fails is the last.
 * @returns what went wrong
 * @throws DewarError SSH_FAILED, SCRIPT_MISSING, LINK_LEAVES_SHARE, INTERRUPTED
 */
export async function runScripts(
  scripts: readonly ResolvedScript[],
  guest: GuestConnections,
  context: ScriptContext,
): Promise<ScriptFailure[]> {
  await mkdir(context.logs, { recursive: true, mode: 0o700 });
  const failures: ScriptFailure[] = [];
  for (const [index, script] of scripts.entries()) {
    const log = join(context.logs, scriptLogName(index, script.name));
    const why = await runScript(script, guest, log, context);
    if (why === undefined) continue;
    const { name, origin } = script;
    failures.push({ name, origin, why, log });
    if (origin === 'user') break;
    const message = `the script ${name} of ${origin} failed: ${why}; see ${log}`;
    context.emit({ type: 'warning', code: 'SCRIPT_FAILED', message });
  }
  return failures;
}

/** @returns why it failed; undefined when it did not */
async function runScript(
  script: ResolvedScript,
  { user, root }: GuestConnections,
  path: string,
  { config, emit, signal }: ScriptContext,
): Promise<string | undefined> {
  const { name, as, timeoutSeconds } = script;
  const input = await textOf(script, config);
  const start = performance.now();
  emit({ type: 'phase', phase: 'script', message: `running the script ${name}` });
  const log = createWriteStream(path, { mode: 0o600 });
  // A full disk of the host is no failure of the script.
  log.on('error', () => undefined);
  try {
    const transport = as === 'root' ? root : user;
    const { exitCode } = await transport.stream(commandInGuest(['/bin/sh', '-c', RUN_INPUT]), {
      input,
      deadlineMs: timeoutSeconds * 1000,
      signal,
      onChunk: (chunk) => log.write(Buffer.from(chunk)),
      onStderr: (chunk) => log.write(Buffer.from(chunk)),
    });
    return exitCode === 0 ? undefined : `it ended with exit code ${exitCode}`;
  } catch (error) {
    if (!(error instanceof DewarError) || error.code !== 'DEADLINE') throw error;
    return `it had not ended after ${timeoutSeconds} s, and was ended`;
  } finally {
    log.end();
    await finished(log).catch(() => undefined);
    emit({ type: 'phase-done', phase: 'script', ms: performance.now() - start });
  }
}

async function textOf(script: ResolvedScript, config: ResolvedConfig): Promise<Buffer> {
  const { source } = script;
  return 'text' in source ? Buffer.from(withInterpreter(source.text)) : readScript(script, config);
}

function withInterpreter(text: string): string {
  return text.startsWith('#!') ? text : `#!/bin/sh\nset -e\n${text}\n`;
}
