import { findNetworkAccess } from '../../network/find-network-access.ts';
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
    id: 'tap',
    group: 'network',
    title: 'networks of guests',
    async run({ env, signal }) {
      const access = await findNetworkAccess(env, signal);
      if (!('why' in access)) {
        const how = access.asRoot.length === 0 ? 'as root' : 'by sudo';
        return { level: 'ok', message: `each guest gets its own, ${how}, with nftables and dnsmasq` };
      }
      const { why, mend, packages } = access;
      return {
        level: packages.length > 0 ? 'warning' : 'note',
        message: `no guest gets a network of its own, so what is filtered goes by a proxy: ${why}`,
        mend,
        packages,
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
