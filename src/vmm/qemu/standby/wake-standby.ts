import { chmod, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { factsOf } from '../create-machine.ts';
import type { CreateSpec } from '../create-machine.ts';
import { checkFrozenFiles } from '../../machine/freeze/check-frozen-files.ts';
import { endingOnFailure } from '../../machine/end-vmm.ts';
import { refuseDifferences } from '../../machine/freeze/refuse-differences.ts';
import { withDirectory, withLock } from '../../machine/machine-directory.ts';
import { sizeOfImage } from '../../machine/machine-image.ts';
import { sshAddress } from '../../machine/ssh-address.ts';
import { hostCompatibility, hostDifferences } from '../host/host-compatibility.ts';
import { probeQemuHost } from '../host/qemu-host.ts';
import { launchQemu } from '../process/launch-qemu.ts';
import { deadline } from '../../machine/machine-context.ts';
import type { MachineContext } from '../../machine/machine-context.ts';
import { ownMachine } from '../../machine/own-machine.ts';
import type { VirtualMachine } from '../../machine/virtual-machine.ts';
import { planQemu } from '../plan/plan-qemu.ts';
import { loadState } from '../restore-machine.ts';
import { unpackMemory } from './guest-memory.ts';
import { copySparsely } from './save-standby.ts';
import { STANDBY_FILES } from './standby-record.ts';
import type { StandbyRecord } from './standby-record.ts';

export interface WakeSpec extends Pick<CreateSpec, 'image' | 'network' | 'address' | 'beforeSsh'> {
  /** Where the root disk's layer shall be, absolute: a copy, as no machine writes what others wake from. */
  overlay: string;
  outlives: NonNullable<CreateSpec['outlives']>;
  /** Called with QEMU's CPUs still stopped: the time to attach a network policy. */
  beforeRunning?: () => Promise<void>;
}

/**
 * Wakes a machine that was saved, as often as one likes, also at once: each has memory and a disk of its own. The time that
 * it takes grows with what the guest used of its memory, not with its size.
 * @throws DewarError HOST_INCOMPATIBLE, SNAPSHOT_DAMAGED before anything is started; RESTORE_FAILED; as `createMachine`
 */
export async function wakeStandby(
  directory: string,
  standby: StandbyRecord,
  spec: WakeSpec,
  context: MachineContext,
): Promise<VirtualMachine> {
  const { image, overlay, network } = spec;
  const host = await probeQemuHost(context);
  const here = await hostCompatibility(host, host.q35);
  const differences = hostDifferences(standby.compatibility, here);
  if (image.id !== standby.image) differences.push(`image ${image.id} instead of ${standby.image}`);
  refuseDifferences(directory, standby.compatibility.qemu, differences);
  await sizeOfImage(image);
  await checkFrozenFiles(directory, standby, context.env);
  const file = (name: keyof typeof STANDBY_FILES): string => join(directory, STANDBY_FILES[name]);

  return withDirectory(
    context,
    async (owned) => {
      const { paths } = owned;
      await copySparsely(file('disk'), overlay, context.signal);
      try {
        await chmod(overlay, 0o600);
        await using state = await open(file('state'), 'r');
        await using memory = await open(file('memory'), 'r');
        const qemu = await launchQemu(
          {
            program: host.qemu.path,
            paths,
            hardware: standby.hardware,
            network,
            state,
            outlives: withLock(spec.outlives, owned),
            plan: (network) =>
              planQemu({
                ...factsOf(host),
                hardware: standby.hardware,
                memory: { kind: 'private' },
                boot: { kernel: image.kernel, initrd: image.initrd, args: standby.kernel_args },
                disk: { overlay, image: image.rootfs },
                network,
                directory: paths.directory,
                incoming: true,
              }),
          },
          context,
        );
        return await endingOnFailure(qemu, async () => {
          await unpackMemory(qemu.process.pid, memory, file('memory'));
          await loadState(qemu, context);
          await spec.beforeRunning?.();
          await qemu.qmp.execute('cont', undefined, { signal: context.signal });
          return await ownMachine(
            {
              owned,
              vmm: qemu,
              hardware: standby.hardware,
              freezable: undefined,
              image: image.id,
              overlay,
              outlives: true,
              beforeSsh: spec.beforeSsh,
              address: sshAddress(qemu.sshPort, spec.address),
              answersWithin: deadline(context, 'wake'),
              hostKey: standby.host_key,
            },
            context,
          );
        });
      } catch (error) {
        // A disk of a guest that never ran for its user is worth nothing.
        await rm(overlay, { force: true });
        throw error;
      }
    },
    spec.outlives.id,
  );
}
