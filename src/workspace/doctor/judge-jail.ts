import type { VmmJail } from '../../vmm/driver-examination.ts';
import type { Finding } from './check.ts';

/** Says what confines the VMM of root's machines. @param name of the driver */
export function judgeJail(name: string, jail: VmmJail): Finding {
  return 'path' in jail
    ? { level: 'ok', message: `${jail.path} ${jail.version}; each machine has a user of its own` }
    : {
        level: 'note',
        message: `none: ${jail.why}; ${name} runs as root, with its filters of system calls alone`,
        mend: jail.mend,
      };
}
