import type { Series } from '../measure/series.ts';

/** Times of workspaces, as JSON: milliseconds of whole processes. */
export interface WorkspacesReport {
  memory_mib: number;
  /** `dewar up` with a new disk, nothing saved: boots, and saves the machine. The image is there. */
  first: Series;
  /** With the disk of an earlier machine: boots. */
  disk_reused: Series;
  /** With a new disk: thaws what `first` saved. */
  thawed: Series;
  /** `dewar run true` in a machine that is up. */
  run: Series;
  down: Series;
  /** What the saved machine takes on the disk, MiB. */
  saved_mib: number;
}
