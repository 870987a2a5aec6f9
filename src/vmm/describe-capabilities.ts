import type { DriverCapabilities } from './driver.ts';

const NETWORKS: Record<DriverCapabilities['network'], string> = {
  tap: 'each machine needs a TAP',
  user: 'networks without rights',
  host: "this host's network",
};

/** @returns what the machines of a driver can do, in one line for people */
export function describeCapabilities({
  workspaces,
  snapshots,
}: {
  workspaces: DriverCapabilities;
  snapshots: DriverCapabilities;
}): string {
  return [
    ...(snapshots.snapshot ? [`snapshots${snapshots.lazyRestore ? ' that are mapped lazily' : ''}`] : []),
    ...(workspaces.snapshot ? ['workspaces that thaw'] : []),
    ...(workspaces.hotplugDisk ? ['disks plugged in'] : []),
    workspaces.hotplugShare ? 'directories by virtiofs' : 'directories by ssh',
    NETWORKS[snapshots.network],
    ...(snapshots.rootless ? ['no root'] : []),
  ].join(', ');
}
