import type { Writable } from 'node:stream';
import type { DewarError } from '../core/errors.ts';
import { EXIT } from '../core/exit-codes.ts';
import type { CommandResult, CommandSpec, OptionTable } from './command.ts';
import { expandArgv, expandLeading } from './expand-argv.ts';
import type { Expansion } from './expand-argv.ts';
import { allOptions, PROGRESS_MODES } from './global-options.ts';
import type { ProgressMode } from './global-options.ts';
import { commandHelp } from './help/command-help.ts';
import { groupHelp, rootHelp } from './help/root-help.ts';
import { errorReport, toDewarError } from './report-error.ts';
import { createReporter } from './reporters/create-reporter.ts';
import type { ReporterStream } from './reporters/reporter.ts';
import type { Registry, Route } from './route-argv.ts';
import { routeArgv } from './route-argv.ts';
import { terminalWidth } from './terminal-width.ts';
import { writeOutput } from './write-output.ts';

export interface CliContext {
  registry: Registry;
  version: string;
  stdout: Writable & { columns?: number };
  stderr: ReporterStream;
  env: Readonly<Record<string, string>>;
  cwd: string;
  signal: AbortSignal;
}

/** @returns the exit code; every error ends here, as a report on stderr */
export async function runCli(argv: readonly string[], context: CliContext): Promise<number> {
  const shown: ErrorFormat = { format: 'text', verbose: false };
  try {
    const route = routeArgv(argv, context.registry);
    if (route.type === 'command') return await runCommandLine(route.command, route.argv, context, shown);
    await writeOutput(context.stdout, routeText(route, context));
    return EXIT.ok;
  } catch (error) {
    const reported = afterInterrupt(error, context.signal);
    context.stderr.write(errorReport(reported, shown));
    return reported.exitCode;
  }
}

interface ErrorFormat {
  format: 'text' | 'json';
  verbose: boolean;
}

/** Fills in `shown` as soon as it is known how the user wants errors. */
async function runCommandLine(
  command: CommandSpec,
  argv: readonly string[],
  context: CliContext,
  shown: ErrorFormat,
): Promise<number> {
  const table = allOptions(command);
  const expansion = command.passThrough ? expandLeading(argv, table) : expandArgv(argv, table);
  const asked = globalValues(expansion);
  shown.verbose = asked.verbose;
  shown.format = asked.json || asked.progress === 'ndjson' ? 'json' : 'text';
  if (asked.help || asked.version) {
    const route: Route = asked.help ? { type: 'command-help', command } : { type: 'version' };
    await writeOutput(context.stdout, routeText(route, context));
    return EXIT.ok;
  }
  const { parseCommand } = await import('./parse-command.ts');
  const values = parseCommand(command, table, expansion);
  const reporter = createReporter({
    stream: context.stderr,
    mode: asked.progress,
    verbose: asked.verbose,
    env: context.env,
  });
  const onAbort = (): void =>
    reporter.emit({ type: 'note', message: 'interrupted: cleaning up; a second signal ends at once' });
  context.signal.addEventListener('abort', onAbort, { once: true });
  try {
    const result = await command.run({
      options: own(values.options, command.options),
      arguments: values.arguments,
      emit: reporter.emit,
      signal: context.signal,
      print: (text) => writeOutput(context.stdout, text),
      env: context.env,
      cwd: context.cwd,
      json: asked.json,
      version: context.version,
    });
    reporter.close();
    await writeOutput(context.stdout, resultText(result, asked.json));
    return result.exitCode ?? EXIT.ok;
  } finally {
    context.signal.removeEventListener('abort', onAbort);
    reporter.close();
  }
}

function routeText(
  route: Exclude<Route, { type: 'command' }>,
  { registry, version, stdout }: CliContext,
): string {
  const width = Math.min(110, Math.max(60, terminalWidth(stdout) ?? 100));
  switch (route.type) {
    case 'version':
      return `${version}\n`;
    case 'help':
      return rootHelp(registry, width);
    case 'group-help':
      return groupHelp(registry, route.group, width);
    default:
      return commandHelp(route.command, width);
  }
}

interface GlobalValues {
  json: boolean;
  verbose: boolean;
  help: boolean;
  version: boolean;
  progress: ProgressMode;
}

/** Read before the command line is checked, so that the error for a wrong one is shown as asked. */
function globalValues({ tokens }: Expansion): GlobalValues {
  const given = new Map(
    tokens.flatMap((token) => (token.type === 'option' ? [[token.key, token.value]] : [])),
  );
  return {
    json: given.get('$json') === true,
    verbose: given.get('$verbose') === true,
    help: given.get('$help') === true,
    version: given.get('$version') === true,
    progress: PROGRESS_MODES.find((mode) => mode === given.get('$progress')) ?? 'auto',
  };
}

function own(values: Readonly<Record<string, unknown>>, table: OptionTable): Record<string, unknown> {
  return Object.fromEntries(Object.keys(table).map((key) => [key, values[key]]));
}

function resultText({ data, text }: CommandResult, json: boolean): string {
  if (!json && text !== undefined) return text === '' || text.endsWith('\n') ? text : `${text}\n`;
  return data === undefined ? '' : `${JSON.stringify(data, undefined, 2)}\n`;
}

/** What fails after an interruption fails because of it. */
function afterInterrupt(error: unknown, signal: AbortSignal): DewarError {
  if (!signal.aborted || error === signal.reason) return toDewarError(error);
  const reason = toDewarError(signal.reason);
  reason.cause ??= error;
  return reason;
}
