import type { ApiRequest } from './api-request.ts';

/** Another file takes the place of a drive's, while the guest runs or before it runs on. @param path as Firecracker finds it */
export function planDrive(id: string, path: string): ApiRequest {
  return { method: 'PATCH', path: `/drives/${id}`, body: { drive_id: id, path_on_host: path } };
}
