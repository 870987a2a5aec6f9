import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseQueryLog } from '../../network/parse-query-log.ts';
import type { AskedName } from '../../network/parse-query-log.ts';
import { slotDirectoryName } from '../../network/plan-privileged.ts';

/** @returns what a machine's resolver was asked for lately, the most asked first */
export async function readAskedNames(root: string, slot: number): Promise<AskedName[]> {
  const parts = await Promise.all(
    ['log.old', 'log'].map((name) =>
      readFile(join(root, slotDirectoryName(slot), name), 'utf8').catch(() => ''),
    ),
  );
  return parseQueryLog(parts.join(''));
}
