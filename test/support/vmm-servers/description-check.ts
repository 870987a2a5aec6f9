import { apiDescription } from './api-description.ts';
import type { ApiRequest, VmmName } from './api-description.ts';
import { prepareDescription } from './prepare-description.ts';
import { spoil } from './spoil.ts';

export interface DescriptionCheck {
  /** What the description does not have, and why; empty for requests that are all of this API. */
  refused: string[];
  /** Requests with a body, made wrong by a field more or by one that is misspelt: those that the description has all the same. */
  missed: ApiRequest[];
  /** How many were made wrong. */
  spoilt: number;
}

/** Compares requests with what the makers of a VMM say its API is; a field that they do not name is none. */
export async function checkWithDescription(
  vmm: VmmName,
  requests: readonly ApiRequest[],
): Promise<DescriptionCheck> {
  const description = await apiDescription(vmm, prepareDescription(vmm));
  const wrong = requests.flatMap(({ body, ...request }) =>
    spoil(body).map((changed) => ({ ...request, body: changed })),
  );
  return {
    refused: requests.flatMap((request) => {
      const refusal = description.refuses(request);
      return refusal === undefined ? [] : [`${request.method} ${request.path}: ${refusal.why}`];
    }),
    missed: wrong.filter((request) => description.refuses(request)?.kind !== 'body'),
    spoilt: wrong.length,
  };
}
