/** What a machine's devices are called in Firecracker's API. A snapshot remembers them: they are never renamed. */
export const IDS = {
  root: 'root',
  /** The disk that is an empty file until another takes its place. */
  plug: 'plug',
  network: 'net',
} as const;

/** The one address of vsock that is nobody's and not this host's. Each guest has a world of its own. */
export const GUEST_CID = 3;
/** An empty file in the machine's directory: the disk where none is plugged in. */
export const PLACEHOLDER = 'plug.raw';
/** What is plugged in, as the guest sees it: the second disk. */
export const PLUG_DEVICE = '/dev/vdb';
