import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DewarError } from '../core/errors.ts';
import { runCommand } from '../platform/run-command.ts';
import type { NetworkAccess } from './find-network-access.ts';
import { withHandover } from './handover-directory.ts';
import type { NetworkRecord } from './network-record.ts';
import { planDomains } from './plan-dns.ts';
import { planPrivileged } from './plan-privileged.ts';

/**
 * Lets a machine that runs resolve more names; it has not to be started again.
 * @throws DewarError NETWORK_FAILED, INTERRUPTED
 */
export async function allowDomains(
  record: NetworkRecord,
  domains: readonly string[],
  { asRoot, root, resolvFile, env }: NetworkAccess,
  signal?: AbortSignal,
): Promise<NetworkRecord> {
  const all = [...new Set([...record.policy.domains, ...domains])];
  const next: NetworkRecord = { ...record, policy: { ...record.policy, domains: all } };
  return await withHandover(env, record.machine, async (from) => {
    await writeFile(join(from, 'domains'), planDomains(next.policy));
    await writeFile(join(from, 'policy'), `${JSON.stringify(next)}\n`);
    const { network } = record;
    const resolver = { mode: record.policy.mode, resolvFile };
    const words = planPrivileged({ kind: 'allow', network, resolver, from }, root);
    const [program = '', ...args] = [...asRoot, ...words];
    const { exitCode, stderr } = await runCommand(program, args, { env, signal });
    if (exitCode === 0) return next;
    throw new DewarError({
      code: 'NETWORK_FAILED',
      message: `the resolver of ${network.name} has not taken ${domains.join(', ')}: ${stderr.trim()}`,
      mend: 'see whether the machine is up: dewar status',
    });
  });
}
