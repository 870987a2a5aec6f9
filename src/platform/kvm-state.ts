import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { isAbsent } from './errno.ts';

/** What there is of /dev/kvm for this user; that it is there does not mean that it works. */
export type KvmState = 'absent' | 'forbidden' | 'there';

export async function kvmState(): Promise<KvmState> {
  try {
    await access('/dev/kvm', constants.R_OK | constants.W_OK);
    return 'there';
  } catch (error) {
    return isAbsent(error) ? 'absent' : 'forbidden';
  }
}
