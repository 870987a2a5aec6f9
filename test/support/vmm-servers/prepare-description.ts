import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { upgradeFromTwoToThree } from '@scalar/openapi-upgrader/2.0-to-3.0';
import { parse } from 'yaml';
import type { VmmName } from './api-description.ts';

/**
 * Reads what is in `descriptions/`.
 * @returns it as OpenAPI 3, for which the validator is; it refuses every field that it does not name. Can be written as JSON.
 */
export function prepareDescription(vmm: VmmName): object {
  const path = fileURLToPath(new URL(`descriptions/${vmm}.yaml`, import.meta.url));
  const definition = upgradeFromTwoToThree(parse(readFileSync(path, 'utf8')) as object) as Description;
  nameOperations(definition);
  refuseUnknownFields(definition);
  return definition;
}

type Description = Record<string, unknown> & { paths: Record<string, Record<string, Operation>> };

interface Operation {
  operationId?: string;
}

/** The validator finds operations by their names, and not all have one. */
function nameOperations({ paths }: Description): void {
  for (const [path, methods] of Object.entries(paths))
    for (const [method, operation] of Object.entries(methods)) operation.operationId ??= `${method} ${path}`;
}

function refuseUnknownFields(node: unknown): void {
  if (typeof node !== 'object' || node === null) return;
  const schema = node as Record<string, unknown>;
  const isObject = schema['type'] === 'object' && typeof schema['properties'] === 'object';
  if (isObject) schema['additionalProperties'] ??= false;
  for (const child of Object.values(schema)) refuseUnknownFields(child);
}
