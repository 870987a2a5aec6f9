import { z } from 'zod';

/** Which packages load which files of the main repository, as few numbers: 15,000 packages are half a megabyte of JSON. */
export interface KnownLoads {
  /** Paths of .bzl and .scl files of the main repository; one may be here twice. */
  files: string[];
  /** By file: indexes of the files that it loads, directly or by way of other repositories. */
  fileLoads: number[][];
  /** Directories of packages of the main repository, labels with `@` of others. */
  packages: string[];
  /** By package, as `fileLoads`. */
  packageLoads: number[][];
}

export const KnownLoadsSchema: z.ZodType<KnownLoads> = z.strictObject({
  files: z.array(z.string()),
  fileLoads: z.array(z.array(z.int().nonnegative())),
  packages: z.array(z.string()),
  packageLoads: z.array(z.array(z.int().nonnegative())),
});

export const NO_LOADS: KnownLoads = { files: [], fileLoads: [], packages: [], packageLoads: [] };

/** @returns finds the packages that load one of some files, directly or not */
export function loadersIn(loads: KnownLoads): (isOne: (path: string) => boolean) => string[] {
  const users = usersOf(loads.fileLoads);
  return (isOne) => {
    const reached = new Set(loads.files.flatMap((path, file) => (isOne(path) ? [file] : [])));
    // A set visits what is added on the way too.
    for (const file of reached) for (const user of users.get(file) ?? []) reached.add(user);
    return loads.packages.filter((_, at) => loads.packageLoads[at]?.some((file) => reached.has(file)));
  };
}

function usersOf(fileLoads: readonly (readonly number[])[]): Map<number, number[]> {
  const users = new Map<number, number[]>();
  for (const [user, loaded] of fileLoads.entries())
    for (const file of loaded) {
      const known = users.get(file);
      if (known === undefined) users.set(file, [user]);
      else known.push(user);
    }
  return users;
}
