import { OpenAPIBackend } from 'openapi-backend';
import type { Document } from 'openapi-backend';

/** What the makers of a VMM say its API is: `descriptions/`. */
export interface ApiDescription {
  /** @returns why a request is none of this API; undefined when it is one */
  refuses(request: ApiRequest): Refusal | undefined;
}

export interface ApiRequest {
  method: string;
  /** With the API's root. */
  path: string;
  body?: unknown;
}

export interface Refusal {
  kind: 'path' | 'body';
  why: string;
}

export type VmmName = 'firecracker' | 'cloud-hypervisor';

const API_ROOTS: Record<VmmName, string> = { firecracker: '/', 'cloud-hypervisor': '/api/v1' };

/** @param definition of `prepareDescription` */
export async function apiDescription(vmm: VmmName, definition: object): Promise<ApiDescription> {
  const api = new OpenAPIBackend({
    definition: definition as Document,
    apiRoot: API_ROOTS[vmm],
    quick: true,
    ajvOpts: { strict: false, allErrors: true, logger: false, validateFormats: false },
  });
  await api.init();
  return {
    refuses({ method, path, body }) {
      const request = { method, path, body, headers: { 'content-type': 'application/json' } };
      const operation = match(api, request);
      if (operation === undefined) return { kind: 'path', why: `there is no ${method} ${path}` };
      if (operation.requestBody === undefined && body !== undefined)
        return { kind: 'body', why: `${method} ${path} has no body` };
      const { errors } = api.validateRequest(request, operation);
      const found = (errors ?? []).map(({ instancePath, message, params }) =>
        `${instancePath} ${message} ${JSON.stringify(params)}`.trim(),
      );
      return found.length === 0 ? undefined : { kind: 'body', why: found.join('; ') };
    },
  };
}

function match(
  api: OpenAPIBackend,
  request: { method: string; path: string; headers: Record<string, string> },
): ReturnType<OpenAPIBackend['matchOperation']> {
  try {
    return api.router.matchOperation(request, true);
  } catch {
    // No such path, or no such method.
    return undefined;
  }
}
