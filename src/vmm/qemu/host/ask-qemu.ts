import { z } from 'zod';
import { DewarError } from '../../../core/errors.ts';
import { SANDBOX } from './sandbox.ts';
import { runCommand } from '../../../platform/run-command.ts';

export interface QemuFacts {
  /** `host` or `max`. */
  cpuModel: string;
  /** Names of the features that the model has here, sorted. */
  flags: string[];
  /** Full name of the machine type q35. */
  q35: string;
  /** The seccomp sandbox can be used. */
  sandbox: boolean;
  /** Rate of the guest's time stamp counter where KVM tells it. */
  tscKilohertz: number | undefined;
}

const DEADLINE_MS = 60_000;
const QUIET = ['-no-user-config', '-nodefaults', '-display', 'none', '-S', '-m', '16'];

/** The CPU of a machine that has one. */
const CPU_PATH = '/machine/unattached/device[0]';

const Machines = z.array(z.object({ name: z.string(), alias: z.string().optional() }));
const Expansion = z.object({ model: z.object({ props: z.record(z.string(), z.unknown()) }) });
/** Zero where the accelerator does not know. */
const Hertz = z.number().positive();
const Line = z.object({ return: z.unknown().optional(), id: z.string().optional() });

/**
 * Starts QEMU with a machine that does not run and asks it what it offers.
 * @throws DewarError QEMU_BROKEN, DEADLINE, INTERRUPTED
 */
export async function askQemu(path: string, accelerator: string, signal?: AbortSignal): Promise<QemuFacts> {
  const cpuModel = accelerator === 'kvm' ? 'host' : 'max';
  const questions = [
    { execute: 'qmp_capabilities' },
    { execute: 'query-machines', id: 'machines' },
    {
      execute: 'query-cpu-model-expansion',
      arguments: { type: 'full', model: { name: cpuModel } },
      id: 'cpu',
    },
    { execute: 'qom-get', arguments: { path: CPU_PATH, property: 'tsc-frequency' }, id: 'tsc' },
    { execute: 'quit' },
  ];
  const input = questions.map((question) => `${JSON.stringify(question)}\n`).join('');
  const ask = (extra: readonly string[]): ReturnType<typeof runCommand> =>
    runCommand(
      path,
      [...QUIET, '-machine', `microvm,accel=${accelerator}`, '-cpu', cpuModel, '-qmp', 'stdio', ...extra],
      { input, deadlineMs: DEADLINE_MS, signal },
    );
  const boxed = await ask(['-sandbox', SANDBOX]);
  const result = boxed.exitCode === 0 ? boxed : await ask([]);
  const answers = new Map<string | undefined, unknown>();
  for (const line of result.stdout.toString('utf8').split('\n')) {
    const parsed = line === '' ? undefined : Line.safeParse(JSON.parse(line));
    if (parsed?.success === true) answers.set(parsed.data.id, parsed.data.return);
  }
  const machines = Machines.safeParse(answers.get('machines'));
  const cpu = Expansion.safeParse(answers.get('cpu'));
  const hertz = Hertz.safeParse(answers.get('tsc'));
  const q35 = machines.data?.find(({ alias }) => alias === 'q35')?.name;
  if (!cpu.success || q35 === undefined)
    throw new DewarError({
      code: 'QEMU_BROKEN',
      message: `${path} does not say what it offers: ${result.stderr.trim().slice(0, 500) || `exit code ${result.exitCode}`}`,
      mend: 'install qemu-system-x86 again',
    });
  return {
    cpuModel,
    flags: flagsOf(cpu.data.model.props),
    q35,
    sandbox: boxed.exitCode === 0,
    tscKilohertz: hertz.success ? Math.round(hertz.data / 1000) : undefined,
  };
}

function flagsOf(props: Record<string, unknown>): string[] {
  return Object.entries(props)
    .filter(([, value]) => value === true)
    .map(([name]) => name)
    .toSorted();
}
