import type { ApiRequest } from './api-request.ts';
import { planState } from './plan-state.ts';

/** Two requests, one after the other: the CPUs stand from the first one on, and never run again. */
export interface FreezePlan {
  pause: ApiRequest;
  create: ApiRequest;
}

/** @param files new ones; as Firecracker finds them */
export function planFreeze(files: { memory: string; state: string }): FreezePlan {
  return {
    pause: planState('Paused'),
    create: {
      method: 'PUT',
      path: '/snapshot/create',
      body: { snapshot_type: 'Full', snapshot_path: files.state, mem_file_path: files.memory },
    },
  };
}
