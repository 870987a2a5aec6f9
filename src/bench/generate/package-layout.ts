import type { ProjectSpec } from './project-spec.ts';

/** Where a package is and what it holds; everything that other packages need to refer to it. */
export interface PackageLayout {
  index: number;
  layer: number;
  /** Position within the layer. */
  position: number;
  /** `layer3/pkg0123` */
  path: string;
  shape: PackageShape;
  /** Number of the `//build/defs:group_<n>.bzl` that it loads. */
  group: number;
  /** Whether it loads a value from the repository `@versions`. */
  versioned: boolean;
}

export interface PackageShape {
  /** Number of source files of each library `lib_<n>`. */
  librarySources: readonly number[];
  /** Number of generated texts `gen_<n>`, one rule and one output each. */
  generatedTexts: number;
  /** Whether there is a `data` rule with a glob over two files. */
  globbed: boolean;
}

/** Number of `//build/defs:group_<n>.bzl` files that the packages load in turn. */
export const GROUPS = 8;
const GLOB_EVERY = 4;
const VERSION_EVERY = 10;

/** @param index from 0 to `spec.packages - 1`, layer by layer */
export function packageLayout(spec: ProjectSpec, index: number): PackageLayout {
  const layer = layerOf(spec, index);
  const digits = Math.max(4, String(spec.packages - 1).length);
  return {
    index,
    layer,
    position: index - layerStart(spec, layer),
    path: `layer${layer}/pkg${String(index).padStart(digits, '0')}`,
    shape: packageShape(spec.targetsPerPackage, index % GLOB_EVERY === 0),
    group: index % GROUPS,
    versioned: index % VERSION_EVERY === 0,
  };
}

/** @returns index of the first package of a layer; `layer` may be one past the last */
export function layerStart(spec: ProjectSpec, layer: number): number {
  return Math.ceil((layer * spec.packages) / spec.layers);
}

function layerOf(spec: ProjectSpec, index: number): number {
  return Math.floor((index * spec.layers) / spec.packages);
}

/** Fills exactly `targets`: the BUILD file, the glob's rule and files if any, then libraries and generated texts in turn. */
export function packageShape(targets: number, globbed: boolean): PackageShape {
  const turns = [2, 'generated', 1, 1, 'generated', 3] as const;
  const librarySources: number[] = [];
  let generatedTexts = 0;
  let left = targets - 1 - (globbed ? 3 : 0);
  for (let turn = 0; left > 0; turn++) {
    const unit = turns[turn % turns.length] ?? 1;
    const cost = unit === 'generated' ? 2 : unit + 1;
    if (left === 1) librarySources[0] = (librarySources[0] ?? 0) + 1;
    else if (unit === 'generated') generatedTexts++;
    else librarySources.push(Math.min(unit, left - 1));
    left -= Math.min(cost, left);
  }
  return { librarySources, generatedTexts, globbed };
}
