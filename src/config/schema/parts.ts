import { z } from 'zod';
import { FIELDS, list } from './fields.ts';
import { strict } from './strict.ts';

const MOUNT = 'an object with source and target, or with tmpfs and target';
const SCRIPT = 'the path of a script, or an object with path or run';
const HOOK = 'a command of the shell, or a function';

const Share = strict({
  source: FIELDS.hostPath.describe("From the config's directory; ~/… is this user's home"),
  target: FIELDS.mountTarget.describe("Absolute, or ~/… for the guest user's home"),
  readonly: FIELDS.flag.optional(),
  optional: FIELDS.flag.optional().describe('Left out where this host has no such directory'),
});

const Tmpfs = strict({
  tmpfs: z.literal(true, 'true'),
  target: FIELDS.mountTarget.describe("Absolute, or ~/… for the guest user's home"),
});

const Script = strict({
  name: FIELDS.label.optional().describe("For messages and logs; the file's name when absent"),
  path: FIELDS.hostPath.optional(),
  run: FIELDS.text
    .max(1_048_576, 'a text of at most 1 MiB')
    .optional()
    .describe('Text, of sh unless it begins with #!'),
  as: z.enum(['user', 'root'], { error: '"user" or "root"' }).optional(),
  timeoutSeconds: FIELDS.seconds.optional().describe('1800 when absent'),
}).refine(
  ({ path, run }) => (path === undefined) !== (run === undefined),
  'an object with either path or run',
);

/** A function cannot be written in JSON or YAML. */
export function functionSchema(mustBe: string): z.ZodType {
  // In a JSON Schema nothing fits it.
  return z.custom((value) => typeof value === 'function', mustBe).meta({ not: {} });
}

const hooks = list(
  z.union([FIELDS.text, functionSchema(HOOK)], { error: HOOK }),
  'a list of commands and functions',
);

/** What configs and plugins have in common. */
export const PARTS: Record<'domains' | 'packages' | 'mounts' | 'scripts' | 'hooks', z.ZodType> = {
  domains: list(FIELDS.domain, 'a list of domains'),
  packages: list(FIELDS.debianPackage, 'a list of Debian packages'),
  mounts: list(z.union([Share, Tmpfs], { error: MOUNT }), 'a list of mounts'),
  scripts: list(z.union([FIELDS.hostPath, Script], { error: SCRIPT }), 'a list of scripts'),
  hooks: strict({
    preUp: hooks.optional().describe('Before a machine is made'),
    postUp: hooks.optional().describe('The machine is up, its scripts are done'),
    preDown: hooks.optional(),
    postDown: hooks.optional().describe('The machine is gone'),
  }),
};
