import { z } from 'zod';
import { FIELDS, list } from './fields.ts';
import { functionSchema, PARTS } from './parts.ts';
import { strict } from './strict.ts';

const Cache = strict({
  name: FIELDS.name,
  host: strict({
    path: FIELDS.hostPath,
    overrides: list(
      z.union([FIELDS.variable, strict({ name: FIELDS.variable, below: FIELDS.text })], {
        error: 'the name of a variable, or an object with name and below',
      }),
      'a list of variables',
    ).optional(),
  }),
  guest: FIELDS.guestPath,
  exclude: list(FIELDS.text, 'a list of patterns').optional(),
  unpacked: list(FIELDS.text, 'a list of patterns').optional(),
});

const Command = strict({
  summary: FIELDS.line,
  usage: FIELDS.line.optional(),
  run: functionSchema('a function'),
});

/** Of `Plugin`. */
export const PluginSchema: z.ZodType = strict(
  {
    name: FIELDS.name,
    packages: PARTS.packages.optional(),
    domains: PARTS.domains.optional(),
    mounts: PARTS.mounts.optional(),
    scripts: PARTS.scripts.optional(),
    hooks: PARTS.hooks.optional(),
    caches: list(Cache, 'a list of caches').optional(),
    commands: z
      .record(FIELDS.name, Command, { error: 'an object of names and commands' })
      .refine((commands) => !Object.hasOwn(commands, 'warm-cache'), {
        error: "without warm-cache, which is dewar's own command for a plugin with caches",
      })
      .optional(),
  },
  { env: "a plugin has no env: a secret enters by the user's own config alone" },
);
