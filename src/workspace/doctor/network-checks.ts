import { listSlots, SLOTS } from '../../network/slots.ts';
import type { Check } from './check.ts';

/** What networks of guests need. */
export const NETWORK_CHECKS: readonly Check[] = [
  {
    id: 'user-network',
    group: 'network',
    title: "QEMU's own network",
    async run({ driver, signal }) {
      // That there is no QEMU is another one's finding.
      const there = await driver.program().catch(() => undefined);
      if (there === undefined) return undefined;
      if (await driver.hasUserNetwork(signal))
        return { level: 'ok', message: 'it works without rights on this host' };
      return {
        level: 'problem',
        message: `${there.path} was built without user networking (slirp), by which guests are reached`,
        mend: 'install the qemu-system-x86 of a distribution, or name one by DEWAR_QEMU',
      };
    },
  },
  {
    id: 'slots',
    group: 'network',
    title: 'slots for machines',
    async run({ env }) {
      const taken = (await listSlots(env)).filter(({ held }) => held).length;
      const message = `${taken} of ${SLOTS} are taken`;
      if (taken < SLOTS) return { level: 'ok', message };
      return { level: 'warning', message, mend: 'end a machine: dewar status, dewar down' };
    },
  },
];
