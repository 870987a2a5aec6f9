import type { ApiRequest } from './api-request.ts';

/** The CPUs stand, or run on. */
export function planState(state: 'Paused' | 'Resumed'): ApiRequest {
  return { method: 'PATCH', path: '/vm', body: { state } };
}
