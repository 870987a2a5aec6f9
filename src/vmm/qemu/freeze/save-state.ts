import { receiveFile } from '../../../platform/receive-file.ts';
import { asFreezeErrors, freezeFailed } from '../../machine/freeze/freeze-failed.ts';
import { MACHINE_FILES } from '../../machine/machine-paths.ts';
import type { CallOptions } from '../../machine/protocol/command-channel.ts';
import type { QmpClient } from '../protocol/qmp-client.ts';
import { migrationEnd, shareMemory } from './migration.ts';

/**
 * Stops the CPUs and writes the state of the devices; memory, a shared file, is left out.
 * @param socket free path in the machine's directory
 * @param path of a new file
 * @throws DewarError NO_SPACE, FREEZE_FAILED
 */
export async function saveState(
  qmp: QmpClient,
  socket: string,
  path: string,
  limits: CallOptions,
): Promise<void> {
  await qmp.execute('stop', undefined, limits);
  await shareMemory(qmp, limits);
  await using receiver = await asFreezeErrors(path, () => receiveFile(socket, path));
  let unwritten: { error: unknown } | undefined;
  const received = receiver.received().catch((error: unknown) => {
    unwritten = { error };
  });
  const ended = migrationEnd(qmp, limits);
  // When the command below fails, that says why.
  ended.catch(() => undefined);
  await qmp.execute('migrate', { uri: `unix:${MACHINE_FILES.save}` }, limits);
  const failure = await ended;
  // A file that cannot be written ends the connection, of which QEMU says only that.
  if (failure === undefined) await received;
  if (unwritten !== undefined) throw freezeFailed(path, unwritten.error);
  if (failure !== undefined) throw failure.error;
}
