import type { ResolvedConfig } from '../config/resolved-config.ts';
import type { Emit } from '../core/events.ts';
import type { GuestImage } from '../vmm/guest-host.ts';
import type { WorkspaceDriver } from '../vmm/workspace-driver.ts';

/** What work on a workspace needs of its caller. */
export interface WorkspaceContext {
  env: Readonly<Record<string, string>>;
  emit: Emit;
  signal: AbortSignal | undefined;
  /** @throws DewarError NO_SUCH_DRIVER, and DRIVER_UNAVAILABLE where the driver does not work on this host */
  loadDriver(name: string): Promise<WorkspaceDriver>;
  /** Builds the image of a config where it is missing. */
  ensureImage(config: ResolvedConfig): Promise<GuestImage>;
}
