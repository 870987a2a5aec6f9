import type { Random } from './random.ts';
import type { Tree } from './tree.ts';

/** @returns what was done; undefined when the tree has nothing to do it to */
export type Edit = (tree: Tree, random: Random, step: number) => string | undefined;
