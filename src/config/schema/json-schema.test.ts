import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { configJsonSchema } from './json-schema.ts';

test('docs/dewar.config.schema.json is the schema (node scripts/generate-cli-docs.mjs writes it)', () => {
  const written = readFileSync(new URL('../../../docs/dewar.config.schema.json', import.meta.url), 'utf8');
  expect(JSON.parse(written)).toEqual(configJsonSchema());
});

test('it has the fields, with their limits, and nothing that is code', () => {
  const schema = configJsonSchema();
  expect(schema).toMatchObject({
    additionalProperties: false,
    properties: {
      $schema: { type: 'string' },
      name: { type: 'string', pattern: expect.any(String) },
      resources: { properties: { memoryMB: { type: 'integer', minimum: 256 } }, additionalProperties: false },
      network: { properties: { mode: { enum: ['open', 'filtered', 'off'] } } },
      hooks: { properties: { postUp: { items: { anyOf: [{ type: 'string' }, { not: {} }] } } } },
      env: { propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_]*$' } },
    },
  });
});
