import type { ApiRequest } from './api-request.ts';

/** The guest starts, or hears its keyboard. */
export function planAction(action: 'InstanceStart' | 'SendCtrlAltDel'): ApiRequest {
  return { method: 'PUT', path: '/actions', body: { action_type: action } };
}
