import type { ResolvedConfig } from '../config/resolved-config.ts';
import { requireNetworkAccess } from '../network/require-network-access.ts';
import { findSftpServer } from '../vmm/find-sftp-server.ts';
import type { WorkspaceDriver } from '../vmm/workspace-driver.ts';
import type { WorkspaceContext } from './workspace-context.ts';

type Driver = Pick<WorkspaceDriver, 'name' | 'capabilities'>;

/**
 * Looks, before anything starts, whether what a driver's machines cannot do is needed, and whether what takes its place is
 * there: says so, or refuses.
 * @throws DewarError TAP_UNAVAILABLE, SFTP_SERVER_MISSING
 */
export async function assertDriverFits(
  { name, capabilities }: Driver,
  { mounts, resources }: Pick<ResolvedConfig, 'mounts' | 'resources'>,
  { env, emit, signal }: Pick<WorkspaceContext, 'env' | 'emit' | 'signal'>,
): Promise<void> {
  if (capabilities.network === 'tap') await requireNetworkAccess(name, { env, signal });
  const { mostCpus = Infinity } = capabilities;
  if (resources.vcpus > mostCpus)
    emit({
      type: 'note',
      message: `machines of ${name} have at most ${mostCpus} CPUs: this one gets them, and not ${resources.vcpus}`,
    });
  const shares = mounts.filter(({ type }) => type === 'share').length;
  if (capabilities.hotplugShare || shares === 0) return;
  await findSftpServer(env);
  emit({
    type: 'note',
    message: `machines of ${name} have no virtiofs: what is mounted (${shares}) is shared by ssh, which is slower`,
  });
}
