import type { MachineContext } from '../machine-context.ts';
import { sizeOfImage } from '../machine-image.ts';
import type { MachineImage } from '../machine-image.ts';
import { checkFrozenFiles } from './check-frozen-files.ts';
import { readFrozenMachine } from './frozen-machine.ts';
import type { FrozenKind, FrozenMachine } from './frozen-machine.ts';
import { refuseDifferences } from './refuse-differences.ts';

export interface OpenedKind<Compatibility extends object, Extra> extends FrozenKind<Compatibility, Extra> {
  /** @returns a sentence for each difference that keeps the machine from running here */
  differences(frozen: FrozenMachine<Compatibility, Extra>): Promise<readonly string[]>;
  /** @returns name and version of the program that froze it */
  program(needed: Compatibility): string;
}

/**
 * Finds out whether a frozen machine can be brought back here: its record, this host, its image and its files.
 * @param bundle absolute
 * @throws DewarError SNAPSHOT_DAMAGED, HOST_INCOMPATIBLE, IMAGE_MISSING, NOT_A_REGULAR_FILE; what `differences` throws
 */
export async function openFrozenMachine<Compatibility extends object, Extra = undefined>(
  bundle: string,
  image: MachineImage,
  kind: OpenedKind<Compatibility, Extra>,
  { env }: Pick<MachineContext, 'env'>,
): Promise<FrozenMachine<Compatibility, Extra>> {
  const frozen = await readFrozenMachine(bundle, kind);
  const differences = [...(await kind.differences(frozen))];
  if (image.id !== frozen.image) differences.push(`image ${image.id} instead of ${frozen.image}`);
  refuseDifferences(bundle, kind.program(frozen.compatibility), differences);
  await sizeOfImage(image);
  await checkFrozenFiles(bundle, frozen, env);
  return frozen;
}
