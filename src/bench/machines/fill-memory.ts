import { DewarError } from '../../core/errors.ts';
import type { Guest } from '../../vmm/guest-host.ts';

const BLOCK_MIB = 32;
const PLACE = '/run/dewar-fill';

/**
 * Puts random data into a file system in a guest's memory, so that the memory is really in use: a block of random bytes,
 * as often as it fits.
 * @returns checksum of the block
 * @throws DewarError BENCH_STEP_FAILED; those of ssh
 */
export async function fillMemory(guest: Guest, mebibytes: number, signal: AbortSignal): Promise<string> {
  const copies = Math.floor(mebibytes / BLOCK_MIB) - 1;
  const script = `
    mkdir -p ${PLACE} && mount -t tmpfs -o size=95% none ${PLACE} && cd ${PLACE}
    head -c ${BLOCK_MIB}M /dev/urandom >block
    for i in $(seq ${copies}); do cat block; done >fill
    sync; [ $(stat -c %s fill) = ${copies * BLOCK_MIB * 2 ** 20} ] && sha256sum <block`;
  return runScript(guest, script, signal);
}

/**
 * Reads all of that memory in a guest, which is a clone of the one that it was filled in.
 * @returns checksum of the block
 * @throws DewarError BENCH_STEP_FAILED; those of ssh
 */
export async function readFilledMemory(guest: Guest, signal: AbortSignal): Promise<string> {
  return runScript(guest, `dd if=${PLACE}/fill of=/dev/null bs=1M 2>&1 && sha256sum <${PLACE}/block`, signal);
}

/** @returns the last line of what it printed */
async function runScript(guest: Guest, script: string, signal: AbortSignal): Promise<string> {
  const { exitCode, stdout, stderr } = await guest.run(['sh', '-ec', script], { signal });
  const line = stdout.toString('utf8').trim().split('\n').at(-1) ?? '';
  if (exitCode === 0 && line !== '') return line;
  throw new DewarError({
    code: 'BENCH_STEP_FAILED',
    message: `the memory of a guest could not be filled or read (exit code ${exitCode}): ${stderr.trim()}`,
    mend: 'give the guest more memory',
  });
}
