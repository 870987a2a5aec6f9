import type { ResolvedConfig } from '../config/resolved-config.ts';
import { DewarError } from '../core/errors.ts';
import type { AutoChoice, DoctorContext } from '../workspace/doctor/check.ts';
import type { Acceleration, VmmExamination } from '../vmm/driver-examination.ts';
import type { CommandInput } from './command.ts';

interface Options {
  readonly workspace: string | undefined;
}

/** What the checks of this host and the workspace here need. */
export async function openDoctor({
  options: { workspace },
  env,
  cwd,
  signal,
}: Pick<CommandInput<Options, unknown>, 'options' | 'env' | 'cwd' | 'signal'>): Promise<DoctorContext> {
  const { PLUGIN_NAMES, examineDriver, findPlugin, loadWorkspaceDriver } = await import('../builtins.ts');
  const { examineDrivers } = await import('./driver-candidates.ts');
  const driver = remembering(await examineDriver(env));
  const drivers = (await examineDrivers(env)).map((one) => ({
    ...one,
    examination: one.name === 'qemu' ? driver : remembering(one.examination),
  }));
  const { openWorkspace } = await import('./open-workspace.ts');
  const plugins = await Promise.all(PLUGIN_NAMES.map(findPlugin));
  // Several checks ask for it; code of a config runs once.
  let loaded: Promise<ResolvedConfig | undefined> | undefined;
  return {
    env,
    signal,
    driver,
    drivers,
    choices: () => autoChoices(env),
    workspace: () =>
      (loaded ??= openWorkspace({ workspace, cwd, env, signal }).catch((error: unknown) => {
        const isNone = error instanceof DewarError && error.code === 'NO_CONFIG';
        if (isNone && workspace === undefined) return undefined;
        throw error;
      })),
    caches: plugins.flatMap((plugin) => plugin?.caches ?? []),
    loadDriver: (name) => loadWorkspaceDriver(name, env),
  };
}

/** Several checks ask what runs in a guest, which takes seconds. */
function remembering<E extends VmmExamination>(examination: E): E {
  let found: Promise<Acceleration> | undefined;
  return { ...examination, acceleration: (signal) => (found ??= examination.acceleration(signal)) };
}

/** As record, and up of a new machine, choose. */
async function autoChoices(env: CommandInput<Options, unknown>['env']): Promise<AutoChoice[]> {
  const { loadEngine } = await import('../builtins.ts');
  const { chooseWorkspaceDriver, snapshotCandidates } = await import('./driver-candidates.ts');
  const { chooseDriver } = await import('../vmm/choose-driver.ts');
  return [
    await attempt('workspaces', () => chooseWorkspaceDriver(env)),
    await attempt('record and consume', async () =>
      chooseDriver({ candidates: snapshotCandidates(await loadEngine(), env, {}) }),
    ),
  ];
}

async function attempt(what: string, choose: () => Promise<AutoChoice['choice']>): Promise<AutoChoice> {
  return { what, choice: await choose().catch((error: unknown) => ({ error })) };
}
