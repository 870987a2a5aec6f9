import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DewarError } from '../../../core/errors.ts';
import { deadline } from '../../machine/machine-context.ts';
import type { MachineContext } from '../../machine/machine-context.ts';
import { startShareProcess } from '../../machine/shares/share-process.ts';
import { FAULT_SCRIPT } from './fault-script.ts';

export type MemoryBackend = 'file' | 'uffd';

const SOCKET = 'memory.sock';
const POLL_MS = 10;

/**
 * `DEWAR_FIRECRACKER_MEMORY`: whether the kernel reads a restored guest's memory (`file`), or a program of dewar's (`uffd`).
 * @throws DewarError BAD_ENV
 */
export function memoryBackend(env: Readonly<Record<string, string>>): MemoryBackend {
  const wish = env['DEWAR_FIRECRACKER_MEMORY'] ?? '';
  if (wish === '' || wish === 'file') return 'file';
  if (wish === 'uffd') return 'uffd';
  throw new DewarError({
    code: 'BAD_ENV',
    message: `DEWAR_FIRECRACKER_MEMORY=${wish} is no way to read memory`,
    mend: 'set it to file or uffd, or unset it',
  });
}

/**
 * Starts what brings a guest the pages that it touches. It is ended with the machine.
 * @param memory absolute
 * @returns absolute path of the socket for Firecracker
 * @throws DewarError SHARE_FAILED, COMMAND_NOT_FOUND (perl), INTERRUPTED
 */
export async function serveMemory(
  directory: string,
  memory: string,
  context: MachineContext,
): Promise<string> {
  const socket = join(directory, SOCKET);
  await startShareProcess(
    { directory, id: 'memory', source: memory },
    {
      file: 'perl',
      args: ['-e', FAULT_SCRIPT, '--', basename(socket), memory],
      ready: () =>
        stat(socket).then(
          (found) => found.isSocket(),
          () => false,
        ),
      pollMs: POLL_MS,
      deadlineMs: deadline(context, 'start'),
    },
    context,
  );
  return socket;
}
