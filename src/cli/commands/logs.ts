import { EXIT } from '../../core/exit-codes.ts';
import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import { describeLogs, logData } from '../describe-logs.ts';
import { openMachine } from '../open-machine.ts';
import { MACHINE_OPTIONS } from './workspace-options.ts';

/** Looking for the machine takes longer than looking for more lines. */
const ASK_AGAIN_MS = 2_000;

export const command: CommandSpec = defineCommand({
  name: 'logs',
  summary: "print the logs of the workspace's machine: its console, its scripts",
  description: `Without a name, lists the logs that there are and prints the end of the most useful one: that of a script that failed, else the machine's console. Logs are there when the machine is down, too, until the next one is up.

What a guest has written is printed as text: control characters are left out.`,
  arguments: { name: { description: 'of a log, or of a script' } },
  options: {
    ...MACHINE_OPTIONS,
    lines: {
      long: 'lines',
      short: 'n',
      kind: 'integer',
      valueName: 'count',
      default: 50,
      min: 0,
      max: 1_000_000,
      description: 'at most so many, of the end of the log',
    },
    follow: {
      long: 'follow',
      short: 'f',
      kind: 'boolean',
      description:
        'print what comes, until the machine is gone; with --json, each line as a string of its own line',
    },
  },
  examples: [
    { command: 'dewar logs', description: 'what went wrong?' },
    { command: 'dewar logs console --follow', description: 'watch the machine' },
    { command: 'dewar logs 01-setup --lines 1000', description: 'what a script said' },
  ],
  exitCodes: { 130: 'with --follow: Ctrl-C' },
  run: async (input) => {
    const { findLogs } = await import('../../workspace/logs/find-logs.ts');
    const { lines: most, follow } = input.options;
    const { paths, context, name: machineName } = await openMachine(input, { checksFiles: false });
    const named = input.arguments.name;
    const { logs, log, machine } = await findLogs(paths, named, context);
    if (!follow || log === undefined) {
      const { readLog } = await import('../../workspace/logs/read-log.ts');
      const lines = log === undefined ? [] : await readLog(log.path, most);
      if (log !== undefined && named !== undefined)
        return { data: { machine: machineName, ...logData(log), lines }, text: lines.join('\n') };
      const shown = log && { name: log.name, lines };
      const data = { machine: machineName, logs: logs.map(logData), shown: shown ?? null };
      return { data, text: await describeLogs(machineName, logs, shown) };
    }
    const { followLog } = await import('../../workspace/logs/follow-log.ts');
    const { isMachineGone } = await import('../../workspace/logs/is-machine-gone.ts');
    const isOver = atTimes(() => isMachineGone(machine, paths, context));
    for await (const lines of followLog(log.path, { most, isOver, signal: input.signal })) {
      const shown = input.json ? lines.map((line) => JSON.stringify(line)) : lines;
      if (!(await input.print(shown.map((line) => `${line}\n`).join('')))) break;
    }
    return { text: '', exitCode: input.signal.aborted ? EXIT.interrupted : EXIT.ok };
  },
});

function atTimes(ask: () => Promise<boolean>): () => Promise<boolean> {
  let next = 0;
  return async () => {
    if (performance.now() < next) return false;
    const answer = await ask();
    next = performance.now() + ASK_AGAIN_MS;
    return answer;
  };
}
