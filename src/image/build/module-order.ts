/** A kernel module file, by the name under which others depend on it (`-` and `_` are the same: `_` here). */
export interface KernelModule {
  name: string;
  /** Names of the modules that must be loaded before it. */
  depends: readonly string[];
}

/** @returns the name of a module of which that is the file */
export function moduleName(file: string): string {
  return file
    .replace(/^.*\//, '')
    .replace(/\.ko(?:\.(?:xz|zst|gz))?$/, '')
    .replaceAll('-', '_');
}

/** Reads what a module depends on from its `.modinfo` section: NUL-terminated `depends=a,b`. */
export function moduleDepends(content: Uint8Array): string[] {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const at = bytes.indexOf('\0depends=', 0, 'latin1');
  if (at === -1) return [];
  const start = at + '\0depends='.length;
  const list = bytes.subarray(start, bytes.indexOf(0, start)).toString('latin1');
  return list
    .split(',')
    .filter((name) => name !== '')
    .map((name) => name.replaceAll('-', '_'));
}

/**
 * Orders modules so that each comes after what it depends on.
 * @param find undefined for a module that is built into the kernel, or that it does not have
 */
export function moduleOrder(
  wanted: readonly string[],
  find: (name: string) => KernelModule | undefined,
): string[] {
  const order = new Set<string>();
  const visit = (name: string): void => {
    if (order.has(name)) return;
    const module = find(name);
    if (module === undefined) return;
    for (const dependency of module.depends) visit(dependency);
    order.add(name);
  };
  for (const name of wanted) visit(name);
  return [...order];
}
