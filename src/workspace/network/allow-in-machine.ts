import { DewarError } from '../../core/errors.ts';
import { readEgress, writeEgressPolicy } from '../../network/egress-files.ts';
import { allowDomains } from '../../network/allow-domains.ts';
import { holdMachine } from '../hold-machine.ts';
import type { MachineInHand } from '../mount.ts';
import { workspaceDown } from '../require-machine.ts';
import { requireMachineNetwork, requireNetworkAccess } from './machine-network.ts';

/**
 * Lets a machine that is up reach more names, until it is down.
 * @param domains in the letters of DNS
 * @returns all that it may resolve now
 * @throws DewarError WORKSPACE_DOWN, NETWORK_MODE, NO_TAP, NETWORK_FAILED
 */
export async function allowInMachine(
  { name, paths, context }: MachineInHand,
  domains: readonly string[],
): Promise<readonly string[]> {
  return await holdMachine(paths, context, async ({ journal: { state, machine } }) => {
    if (state !== 'up' || machine === undefined) throw workspaceDown(name);
    if (machine.network !== 'filtered')
      throw new DewarError({
        code: 'NETWORK_MODE',
        message: `the network of ${name} is ${machine.network}: it has no list of domains`,
        mend: 'set network.mode to filtered; then: dewar down, dewar up',
      });
    const proxy = await readEgress(context.env, machine.id);
    if (proxy !== undefined) {
      const all = [...new Set([...proxy.policy.domains, ...domains])];
      await writeEgressPolicy(context.env, machine.id, { ...proxy.policy, domains: all });
      return all;
    }
    const record = await requireMachineNetwork(machine, context);
    const access = await requireNetworkAccess(context);
    return (await allowDomains(record, domains, access, context.signal)).policy.domains;
  });
}
