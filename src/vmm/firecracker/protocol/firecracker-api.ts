import { z } from 'zod';
import { DewarError } from '../../../core/errors.ts';
import { connectVmmApi } from '../../http/vmm-api.ts';
import type { VmmApiOptions, VmmCallOptions } from '../../http/vmm-api.ts';
import type { ApiRequest } from '../plan/api-request.ts';

/** Firecracker's API, request by request. */
export interface FirecrackerApi extends Disposable {
  /** @throws DewarError COMMAND_REFUSED with Firecracker's fault, NO_ANSWER, CONNECTION_LOST, INTERRUPTED */
  ask(request: ApiRequest, options?: VmmCallOptions): Promise<void>;
  /** @returns `Not started`, `Running` or `Paused` */
  state(options?: VmmCallOptions): Promise<string>;
}

const Fault = z.object({ fault_message: z.string() });
const Instance = z.object({ state: z.string() });

/**
 * Connects to a Firecracker, as soon as it listens.
 * @throws DewarError as `connectVmmApi`
 */
export async function connectFirecrackerApi(
  socket: string,
  options: Omit<VmmApiOptions, 'faultOf'>,
): Promise<FirecrackerApi> {
  const api = await connectVmmApi(socket, {
    ...options,
    faultOf: (body) => Fault.safeParse(body).data?.fault_message,
  });
  return {
    async ask({ method, path, body }, limits) {
      await api.call(method, path, body, limits);
    },
    async state(limits) {
      const told = Instance.safeParse(await api.call('GET', '/', undefined, limits));
      if (told.success) return told.data.state;
      throw new DewarError({
        code: 'BAD_ANSWER',
        message: `${options.peer} does not say what state it is in: ${told.error.message}`,
        mend: 'use a version of it that dewar knows: dewar doctor',
      });
    },
    [Symbol.dispose]: () => api[Symbol.dispose](),
  };
}
