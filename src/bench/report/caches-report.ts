import type { Series } from '../measure/series.ts';

/** Times of streaming a cache into a machine, as JSON: milliseconds. */
export interface CachesReport {
  files: number;
  bytes: number;
  /** `dewar … warm-cache`, whole processes, until all is on the guest's disk. */
  warm: Series;
  /** The largest of dewar itself; undefined where the system does not tell. */
  peak_mib: number | undefined;
  /** `tar -c | ssh … tar -x` and then `sync` in the guest; of that, all before `sync`. */
  by_hand: Series;
  by_hand_unsynced: Series;
  /** `rsync -a` and then `sync`; or why not. */
  rsync: Series | { why: string };
  /** `warm-cache` once more, which sends nothing. */
  again: Series;
  /** `warm-cache --force` with 100 new files. */
  refresh: Series;
}
