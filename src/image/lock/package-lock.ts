import { z } from 'zod';
import { compareText } from '../../core/compare-text.ts';
import { DewarError } from '../../core/errors.ts';

/** One Debian package, so exactly named that only the same bytes fit. */
export interface LockedPackage {
  name: string;
  version: string;
  architecture: string;
  /** Of the .deb; lower-case hex. */
  sha256: string;
  /** Of the .deb, in bytes. */
  size: number;
  /** Which of the archives of `Mirrors` has it. */
  archive: Archive;
  /** Inside that archive: `pool/main/…`. */
  path: string;
}

export type Archive = 'debian' | 'security';

export interface LockedImage {
  suite: string;
  architecture: string;
  /** What was asked for beside the profile's own packages, sorted. */
  extra: string[];
  /** The names that were asked for in all, sorted. */
  requested: string[];
  /** The packages of the kernel and its modules, sorted by name; only unpacked. */
  kernel: LockedPackage[];
  /** All that is installed, sorted by name. */
  packages: LockedPackage[];
}

/** The content of `dewar.lock`: by profile, the packages of its image. */
export interface PackageLock {
  format: 1;
  images: Record<string, LockedImage>;
}

const Package: z.ZodType<LockedPackage> = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9+.-]+$/),
  version: z.string().regex(/^[A-Za-z0-9.+:~-]+$/),
  architecture: z.string().regex(/^[a-z0-9-]+$/),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  size: z.int().positive(),
  archive: z.enum(['debian', 'security']),
  path: z.string().regex(/^pool\/(?:[A-Za-z0-9_][A-Za-z0-9_.+~%-]*\/)+[A-Za-z0-9_][A-Za-z0-9_.+~%:-]*\.deb$/),
});

const Lock: z.ZodType<PackageLock> = z.strictObject({
  format: z.literal(1),
  images: z.record(
    z.string(),
    z.strictObject({
      suite: z.string().regex(/^[a-z][a-z0-9-]*$/),
      architecture: z.string().regex(/^[a-z0-9-]+$/),
      extra: z.array(z.string()),
      requested: z.array(z.string()),
      kernel: z.array(Package).min(1),
      packages: z.array(Package).min(1),
    }),
  ),
});

/**
 * Reads the text of a lock file.
 * @param path for messages
 * @throws DewarError BAD_LOCK
 */
export function parsePackageLock(text: string, path: string): PackageLock {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    throw badLock(path, `it is not JSON (${(error as Error).message})`, error);
  }
  const parsed = Lock.safeParse(raw);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw badLock(path, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`, parsed.error);
}

/** @returns the text of a lock file: one line a package, sorted, so that a change is a small diff */
export function formatPackageLock(lock: PackageLock): string {
  const images = Object.entries(lock.images).toSorted(([a], [b]) => compareText(a, b));
  const blocks = images.map(([profile, image]) => {
    const { suite, architecture, extra, requested } = image;
    const fields = [
      ...Object.entries({ suite, architecture, extra, requested }).map(
        ([name, value]) => `      ${JSON.stringify(name)}: ${JSON.stringify(value)}`,
      ),
      packageLines('kernel', image.kernel),
      packageLines('packages', image.packages),
    ];
    return `    ${JSON.stringify(profile)}: {\n${fields.join(',\n')}\n    }`;
  });
  const body = blocks.length === 0 ? '{}' : `{\n${blocks.join(',\n')}\n  }`;
  return `{\n  "format": 1,\n  "images": ${body}\n}\n`;
}

function packageLines(field: string, packages: readonly LockedPackage[]): string {
  const lines = packages.map((one) => `        ${JSON.stringify(one)}`);
  return `      ${JSON.stringify(field)}: [\n${lines.join(',\n')}\n      ]`;
}

function badLock(path: string, why: string, cause: unknown): DewarError {
  return new DewarError({
    code: 'BAD_LOCK',
    message: `${path} is no lock file of dewar: ${why}`,
    mend: 'take it from version control again, or delete it and let `dewar update` make a new one',
    cause,
  });
}
