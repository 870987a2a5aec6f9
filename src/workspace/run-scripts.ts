import { createWriteStream } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import type { ResolvedScript } from '../config/resolved-config.ts';
import { DewarError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import { commandInGuest } from './guest-handle.ts';
import type { GuestConnections } from './guest-handle.ts';

export interface ScriptFailure {
  name: string;
  why: string;
  /** Absolute path of what it said. */
  log: string;
}

interface ScriptContext {
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
 * Runs scripts in the guest, in order, each with the user's env; the first that fails is the last.
 * @returns what went wrong with it
 * @throws DewarError SSH_FAILED, INTERRUPTED
 */
export async function runScripts(
  scripts: readonly ResolvedScript[],
  guest: GuestConnections,
  context: ScriptContext,
): Promise<ScriptFailure | undefined> {
  await mkdir(context.logs, { recursive: true, mode: 0o700 });
  for (const [index, script] of scripts.entries()) {
    const log = join(context.logs, `${String(index + 1).padStart(2, '0')}-${fileName(script.name)}.log`);
    const why = await runScript(script, guest, log, context);
    if (why !== undefined) return { name: script.name, why, log };
  }
  return undefined;
}

/** @returns why it failed; undefined when it did not */
async function runScript(
  script: ResolvedScript,
  { user, root }: GuestConnections,
  path: string,
  { emit, signal }: ScriptContext,
): Promise<string | undefined> {
  const { name, as, timeoutSeconds } = script;
  const input = await textOf(script);
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

async function textOf({ source, name }: ResolvedScript): Promise<Buffer> {
  if ('text' in source) return Buffer.from(withInterpreter(source.text));
  try {
    return Buffer.from(await readFile(source.path));
  } catch (error) {
    throw new DewarError({
      code: 'SCRIPT_MISSING',
      message: `the script ${name} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      mend: 'mend its path in the config, or its permissions',
      cause: error,
    });
  }
}

function withInterpreter(text: string): string {
  return text.startsWith('#!') ? text : `#!/bin/sh\nset -e\n${text}\n`;
}

function fileName(name: string): string {
  return name.replaceAll(/[^\w.-]+/g, '_').slice(0, 64);
}
