import { readFile } from 'node:fs/promises';
import { DewarError } from '../../core/errors.ts';
import type { DoctorContext } from '../doctor/check.ts';
import { doctor } from '../doctor/doctor.ts';
import { applySetup } from './apply-setup.ts';
import type { SetupContext } from './apply-setup.ts';
import { parseOsRelease } from './distribution.ts';
import { findRights } from '../../platform/find-rights.ts';
import { planSetup } from './plan-setup.ts';
import type { SetupPlan } from './plan-setup.ts';

export interface Setup {
  plan: SetupPlan;
  /** Of use, and not installed by it; Debian's names. */
  optional: string[];
  /** Problems that no package mends. */
  others: string[];
}

/** Looks at what is missing on this host, as `doctor` does. Nothing is installed. */
export async function openSetup(context: DoctorContext): Promise<Setup> {
  const { packages, results } = await doctor(withoutWorkspace(context));
  const distribution = parseOsRelease(await readFile('/etc/os-release', 'utf8').catch(() => ''));
  const rights = await findRights(context.env);
  return {
    plan:
      packages.missing.length === 0
        ? { packages: [], command: undefined, byHand: undefined, notes: [] }
        : planSetup({ distribution, packages: packages.missing, rights }),
    optional: packages.optional,
    others: results
      .filter((result) => result.level === 'problem' && (result.packages ?? []).length === 0)
      .map(({ title, message }) => `${title}: ${message}`),
  };
}

/**
 * Installs what the plan says, and looks again.
 * @throws DewarError SETUP_UNKNOWN_SYSTEM, SETUP_NEEDS_ROOT, SETUP_FAILED, SETUP_INCOMPLETE, INTERRUPTED
 */
export async function runSetup(
  { plan }: Setup,
  context: DoctorContext,
  setupContext: SetupContext,
): Promise<void> {
  const { packages, command, byHand, notes } = plan;
  if (packages.length === 0) return;
  if (byHand === undefined)
    throw new DewarError({
      code: 'SETUP_UNKNOWN_SYSTEM',
      message: `missing: ${packages.join(' ')}; ${notes.join('; ')}`,
      mend: 'install what they have, by its names there',
    });
  if (command === undefined)
    throw new DewarError({
      code: 'SETUP_NEEDS_ROOT',
      message: `this user cannot install ${packages.join(' ')} without a password`,
      mend: `run: ${byHand}`,
    });
  await applySetup(command, setupContext);
  const { missing } = (await doctor(withoutWorkspace(context))).packages;
  if (missing.length === 0) return;
  throw new DewarError({
    code: 'SETUP_INCOMPLETE',
    message: `installed ${packages.join(' ')}; still missing: ${missing.join(' ')}`,
    mend: 'see why: dewar doctor',
  });
}

/** It is about this host: no config's code runs for it. */
function withoutWorkspace(context: DoctorContext): DoctorContext {
  return { ...context, workspace: () => Promise.resolve(undefined) };
}
