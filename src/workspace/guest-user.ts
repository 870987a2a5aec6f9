/** The user of a workspace's guest; he may use sudo. */
export const GUEST_USER = 'dewar';
export const GUEST_HOME = '/home/dewar';
export const GUEST_IDS = { uid: 1000, gid: 1000 } as const;

/** @param target as a config has it: absolute, or `~/…` */
export function guestPath(target: string): string {
  return target === '~' ? GUEST_HOME : target.replace(/^~(?=\/)/, GUEST_HOME);
}
