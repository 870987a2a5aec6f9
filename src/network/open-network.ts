import { access as lookFor, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DewarError } from '../core/errors.ts';
import { startProcess } from '../platform/background-process.ts';
import type { BackgroundProcess } from '../platform/background-process.ts';
import { openLifeline } from '../platform/lifeline.ts';
import { interrupted } from '../platform/run-command.ts';
import { slowFactor } from '../vmm/slow-factor.ts';
import type { NetworkAccess } from './find-network-access.ts';
import { withHandover } from './handover-directory.ts';
import { readNetworkRecord } from './network-record.ts';
import type { NetworkRecord } from './network-record.ts';
import { planDns, planDomains } from './plan-dns.ts';
import { planFirewall, TIMEOUTS } from './plan-firewall.ts';
import type { Timeouts } from './plan-firewall.ts';
import { planPrivileged, SLOT_TAKEN, slotDirectoryName } from './plan-privileged.ts';
import { chooseBase, planSlotNetwork } from './plan-slot-network.ts';
import type { SlotNetwork } from './plan-slot-network.ts';
import type { NetworkPolicy } from './policy.ts';
import { readHostNetworks } from './read-host-networks.ts';

export interface NetworkSpec {
  slot: number;
  policy: NetworkPolicy;
  /** Id of the machine whose it is. */
  machine: string;
  /** Absolute: the file to which what is done says what goes wrong. */
  log: string;
  timeouts?: Timeouts;
}

/** A network that is in force. It goes when all have ended who hold its lifeline. */
export interface OpenNetwork {
  network: SlotNetwork;
  /** For the VMM to inherit. */
  lifeline: { readonly fd: number };
  /** Leaves it to whoever else holds the lifeline; where nobody does, it goes. */
  letGo(): Promise<void>;
}

const KILLED = 128 + 9;
const READY_DEADLINE_MS = 60_000;
const POLL_MS = 20;

/**
 * Makes the network of a slot: the TAP, the rules, the resolver. All is in force when this returns.
 * @throws DewarError NETWORK_TAKEN (that slot's network is somebody else's), NETWORK_CLASH, NETWORK_FAILED, INTERRUPTED
 */
export async function openNetwork(
  spec: NetworkSpec,
  access: NetworkAccess,
  signal?: AbortSignal,
): Promise<OpenNetwork> {
  const { taken, uplinks } = await readHostNetworks(access, spec.policy.ranges, signal);
  const network = planSlotNetwork(spec.slot, chooseBase(taken));
  return await withHandover(access.env, spec.machine, async (from) => {
    const { held, watched } = await openLifeline(from);
    try {
      await writeFiles(from, network, spec, access);
      const owner = process.getuid?.() ?? 0;
      const resolver = { mode: spec.policy.mode, resolvFile: access.resolvFile };
      const words = planPrivileged({ kind: 'keep', network, resolver, owner, uplinks, from }, access.root);
      await using output = await open(spec.log, 'w', 0o600);
      const [program = '', ...args] = [...access.asRoot, ...words];
      const keeper = await startProcess(program, args, {
        cwd: '/',
        input: watched.fd,
        output: output.fd,
        env: access.env,
        outlives: true,
      });
      await untilReady(keeper, spec, access, signal);
      keeper.letGo();
      return { network, lifeline: { fd: held.fd }, letGo: () => held.close() };
    } catch (error) {
      // The end of the lifeline is that of the keeper, which removes what is there.
      await held.close();
      throw error;
    } finally {
      await watched.close();
    }
  });
}

async function writeFiles(
  directory: string,
  network: SlotNetwork,
  { slot, policy, machine, timeouts = TIMEOUTS }: NetworkSpec,
  { root }: NetworkAccess,
): Promise<void> {
  const record: NetworkRecord = { format: 1, network, policy, machine };
  const files = {
    rules: planFirewall(network, policy, timeouts),
    config: planDns({ network, policy, directory: join(root, slotDirectoryName(slot)) }),
    domains: planDomains(policy),
    policy: `${JSON.stringify(record)}\n`,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
}

async function untilReady(
  keeper: BackgroundProcess,
  { slot, log, machine }: NetworkSpec,
  { root, env }: NetworkAccess,
  signal: AbortSignal | undefined,
): Promise<void> {
  const ready = join(root, slotDirectoryName(slot), 'ready');
  const deadlineMs = READY_DEADLINE_MS * slowFactor(env);
  for (const end = performance.now() + deadlineMs; performance.now() < end; await sleep(POLL_MS)) {
    if (signal?.aborted === true) throw interrupted('making a network', signal.reason);
    if (keeper.end !== undefined) throw await failure(keeper.end.exitCode, slot, log);
    // That of another machine may be there.
    if ((await exists(ready)) && (await readNetworkRecord(root, slot))?.machine === machine) return;
  }
  throw await failure(undefined, slot, log);
}

async function failure(exitCode: number | undefined, slot: number, log: string): Promise<DewarError> {
  // Killed: by whoever removes what is left of another one.
  if (exitCode === SLOT_TAKEN || exitCode === KILLED)
    return new DewarError({
      code: 'NETWORK_TAKEN',
      message: `the network of slot ${slot} belongs to another machine of this host`,
      mend: 'end that machine, or run it again',
    });
  const said = (await readFile(log, 'utf8').catch(() => '')).trim().split('\n').slice(-5).join('\n');
  return new DewarError({
    code: 'NETWORK_FAILED',
    message: `the network of slot ${slot} could not be made${said === '' ? '' : `: ${said}`}`,
    mend: `see ${log}; DEWAR_TAP=no does without such a network (docs/network.md)`,
  });
}

async function exists(path: string): Promise<boolean> {
  return lookFor(path).then(
    () => true,
    () => false,
  );
}
