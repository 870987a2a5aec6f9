import type { ResolvedConfig } from '../config/resolved-config.ts';
import type { Emit } from '../core/events.ts';
import type { GuestImage } from '../vmm/guest-host.ts';
import type { DriverChoice } from '../vmm/choose-driver.ts';
import type { WorkspaceDriver } from '../vmm/workspace-driver.ts';

/** What work on a workspace needs of its caller. */
export interface WorkspaceContext {
  env: Readonly<Record<string, string>>;
  emit: Emit;
  signal: AbortSignal | undefined;
  /** @throws DewarError NO_SUCH_DRIVER */
  loadDriver(name: string): Promise<WorkspaceDriver>;
  /**
   * Finds the best driver that works on this host.
   * @throws DewarError DRIVER_UNAVAILABLE
   */
  chooseDriver(): Promise<DriverChoice<WorkspaceDriver>>;
  /** Builds the image of a config where it is missing. */
  ensureImage(config: ResolvedConfig): Promise<GuestImage>;
}
