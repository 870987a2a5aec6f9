import { z } from 'zod';
import { ConfigSchema } from './config-schema.ts';

/** @returns the JSON Schema of `dewar.config.json` and `.yaml`: without what only code can say, functions */
export function configJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(ConfigSchema, {
    io: 'input',
    target: 'draft-7',
    unrepresentable: 'any',
  });
  const { $schema, properties, ...rest } = schema;
  return {
    $schema,
    title: 'A workspace of dewar',
    ...rest,
    properties: { $schema: { type: 'string' }, ...(properties as object) },
  };
}
