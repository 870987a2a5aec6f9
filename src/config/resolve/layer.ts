import type { Origin } from '../resolved-config.ts';

/** One who contributes to a config. */
export interface Layer {
  origin: Origin;
  /** What its relative paths start from; absolute. */
  directory: string;
}
