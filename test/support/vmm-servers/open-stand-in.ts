import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { VmmName } from './api-description.ts';
import { control as openControl } from './control.ts';
import type { Control } from './control.ts';
import { misdeeds } from './misdeeds.ts';
import { emptyMachine, startStandInMachine } from './stand-in-machine.ts';
import type { MachineParts, StandInMachine } from './stand-in-machine.ts';
import { listenVsock } from './vsock-listener.ts';

/** What the stand-ins of VMMs have in common: a process, and what it may stand on. */
export interface StandInHost {
  start(parts: MachineParts): Promise<StandInMachine>;
  listenVsock(path: string): Promise<void>;
  isTap(name: string): boolean;
  exit(code: number): void;
}

/** Names the control directory, to a stand-in. */
export const CONTROL_VARIABLE = 'DEWAR_STAND_IN';
/** `yes`: there are guests and TAPs; else calls are answered, and nothing stands behind them. */
export const GUESTS_VARIABLE = 'DEWAR_STAND_IN_GUESTS';

/** Reads what this process was started with, and does what was ordered for its start. */
export async function openStandIn(name: VmmName): Promise<{
  host: StandInHost;
  control: Control;
  option: (flag: string) => string | undefined;
  /** The API's description, of `prepareDescription`. */
  definition: () => object;
}> {
  const directory = process.env[CONTROL_VARIABLE];
  if (directory === undefined) throw new Error(`${CONTROL_VARIABLE} must name a directory`);
  const control = openControl(directory);
  // What is asked without an API is dewar looking at this host.
  if (process.argv.some((word) => word.startsWith('--api-sock'))) await begin(name, control);
  const hasGuests = process.env[GUESTS_VARIABLE] === 'yes';
  let machine: StandInMachine | undefined;
  const host: StandInHost = {
    exit: (code) => process.exit(code),
    isTap: (name) => !hasGuests || spawnSync('ip', ['link', 'show', 'dev', name]).status === 0,
    async listenVsock(path) {
      await listenVsock(path, control, () => machine?.connectAgent());
    },
    async start(parts) {
      machine = hasGuests ? await startStandInMachine(parts) : emptyMachine();
      control.append({ note: `guest started: ${parts.disk ?? 'no disk'}` });
      void goWith(machine, control);
      return machine;
    },
  };
  const definition = (): object =>
    JSON.parse(readFileSync(join(dirname(process.argv[1] ?? ''), `${name}.json`), 'utf8')) as object;
  return { host, control, option, definition };
}

async function begin(name: string, control: Control): Promise<void> {
  control.append({ note: `${name} started` });
  const misdeed = misdeeds(control)('START')?.does;
  if (misdeed === 'die') process.kill(process.pid, 'SIGKILL');
  if (misdeed === 'fault') {
    process.stderr.write('the stand-in was told not to start\n');
    process.exit(1);
  }
  if (misdeed !== undefined)
    await new Promise(() => {
      // Something keeps this process alive.
      setInterval(() => undefined, 1_000);
    });
}

function option(flag: string): string | undefined {
  const at = process.argv.indexOf(flag);
  return at === -1
    ? process.argv.find((word) => word.startsWith(`${flag}=`))?.slice(flag.length + 1)
    : process.argv[at + 1];
}

/** A VMM goes with its guest. */
async function goWith({ ended }: StandInMachine, control: Control): Promise<void> {
  const byItself = await ended;
  control.append({ note: 'guest ended' });
  if (byItself) process.exit(0);
}
