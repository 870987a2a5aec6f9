import { DewarError } from '../../core/errors.ts';

/** Size and seed of a generated project. The same spec gives the same commits, byte for byte, on every machine. */
export interface ProjectSpec {
  packages: number;
  /** Rules + source files + generated files of each package, its BUILD file included. */
  targetsPerPackage: number;
  /** A package depends only on packages of the layer below. */
  layers: number;
  seed: number;
}

export const PROJECT_LIMITS = {
  packages: { min: 1, max: 500_000 },
  targetsPerPackage: { min: 6, max: 1_000 },
  layers: { min: 1, max: 1_000 },
  seed: { min: 0, max: 0xffff_ffff },
} as const;

/** Targets outside the layers: the BUILD files of `//` and `//build/defs`. */
export const SHARED_TARGETS = 2;

/**
 * Checks the sizes.
 * @throws DewarError BENCH_BAD_SIZE
 */
export function projectSpec(spec: ProjectSpec): ProjectSpec {
  for (const [name, { min, max }] of Object.entries(PROJECT_LIMITS)) {
    const value = spec[name as keyof ProjectSpec];
    if (!Number.isInteger(value) || value < min || value > max)
      throw badSize(`${name} is ${value}`, `give a whole number from ${min} to ${max}`);
  }
  if (spec.layers > spec.packages)
    throw badSize(
      `${spec.layers} layers cannot be filled by ${spec.packages} packages`,
      'give at most one layer per package',
    );
  return { ...spec };
}

/**
 * The spec that comes nearest to a number of targets, with ten targets a package and up to ten layers.
 * @throws DewarError BENCH_BAD_SIZE
 */
export function projectSpecOfTargets(targets: number, seed: number): ProjectSpec {
  const targetsPerPackage = 10;
  const packages = Math.round((targets - SHARED_TARGETS) / targetsPerPackage);
  if (!(packages >= 1) || packages > PROJECT_LIMITS.packages.max)
    throw badSize(
      `${targets} targets cannot be generated`,
      `give a number from ${targetsPerPackage} to ${PROJECT_LIMITS.packages.max * targetsPerPackage}`,
    );
  return projectSpec({ packages, targetsPerPackage, layers: Math.min(10, packages), seed });
}

/** @returns rules + source files + generated files that `//...:all-targets` finds at the base commit */
export function countTargets(spec: ProjectSpec): number {
  return spec.packages * spec.targetsPerPackage + SHARED_TARGETS;
}

function badSize(what: string, mend: string): DewarError {
  return new DewarError({ code: 'BENCH_BAD_SIZE', message: `no such project: ${what}`, mend });
}
