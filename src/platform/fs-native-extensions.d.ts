declare module 'fs-native-extensions' {
  /** @returns false when another open file description holds the lock */
  export function tryLock(fd: number): boolean;
  /** Swaps what two paths name, at once. */
  export function swap(from: string, to: string): Promise<void>;
}
