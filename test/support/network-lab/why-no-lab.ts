import { findNetworkAccess } from '../../../src/network/find-network-access.ts';

/** @returns why no lab can be made on this host; undefined where one can be */
export async function whyNoLab(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'it needs root';
  const path = process.env['PATH'] ?? '';
  const access = await findNetworkAccess({ PATH: path });
  return 'why' in access ? access.why : undefined;
}
