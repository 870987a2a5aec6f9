import { say, SetupError } from './say.mjs';
import { ensureSystemPackages, FOR_MACHINES } from './system-packages.mjs';

/** What guest images and QEMU need, where it can be had. What is missing is said and stops nothing: who uses machines says so. */
export async function ensureMachines(env = process.env) {
  try {
    await ensureSystemPackages(env, FOR_MACHINES);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(`no machines of QEMU: ${error.message}`);
  }
}
