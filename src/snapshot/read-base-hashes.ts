import { constants, copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { STORE_NAMES } from '../core/names.ts';
import { digestFile } from '../platform/durable-files.ts';
import type { Machine } from '../vmm/driver.ts';
import { MissError } from './consumption.ts';
import type { ChosenBundle } from './consumption.ts';
import type { GraphEngine, Hashes } from './engine.ts';

/** Reads the base hashes from a copy whose digest is checked, since the store may change under us. Throws a MissError. */
export async function readBaseHashes(
  engine: GraphEngine,
  chosen: ChosenBundle,
  machine: Machine,
): Promise<Hashes> {
  const path = join(machine.scratch, STORE_NAMES.baseHashes);
  const source = join(chosen.place.directory, STORE_NAMES.baseHashes);
  try {
    await copyFile(source, path, constants.COPYFILE_EXCL);
    const { sha256 } = await digestFile(path);
    if (sha256 !== chosen.manifest.files[STORE_NAMES.baseHashes]?.sha256)
      throw new Error('its digest has changed');
    return await engine.readHashes(path);
  } catch (error) {
    throw new MissError(
      'snapshot-damaged',
      `${source}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
