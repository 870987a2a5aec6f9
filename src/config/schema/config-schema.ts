import { z } from 'zod';
import { FIELDS, list, whole } from './fields.ts';
import { PARTS } from './parts.ts';
import { PluginSchema } from './plugin-schema.ts';
import { strict } from './strict.ts';

const PLUGIN = 'the name of a built-in plugin, the path of a plugin module, or a plugin';
const ENV_VALUE = "a text, or fromEnv('NAME')";

const FromEnv = strict({ fromEnv: FIELDS.variable });

/** Of `WorkspaceConfig`. Domains and paths of the guest come out in their one spelling. */
export const ConfigSchema: z.ZodType = strict({
  name: FIELDS.name.optional().describe("Of the machine; the directory's name when absent"),
  plugins: list(
    z.union([FIELDS.hostPath, PluginSchema], { error: PLUGIN }),
    'a list of names of built-in plugins, paths of plugin modules, or plugins',
  )
    .optional()
    .describe('Names of built-in plugins, or paths of plugin modules'),
  resources: strict({
    vcpus: whole(1, 256, 'a number of CPUs').optional().describe("All of the host's when absent"),
    memoryMB: whole(256, 16_777_216, 'a number of megabytes')
      .optional()
      .describe("A limit, not a reservation; half of the host's memory, at least 4096, when absent"),
    diskGB: whole(2, 16_384, 'a number of gigabytes')
      .optional()
      .describe('Largest size of the root disk, which takes what is used; 64 when absent'),
  }).optional(),
  mounts: PARTS.mounts.optional().describe('Beside the project at ~/workspace'),
  network: strict({
    mode: z
      .enum(['open', 'filtered', 'off'], { error: '"open", "filtered" or "off"' })
      .optional()
      .describe('filtered when absent: only the domains, only the ports'),
    domains: PARTS.domains.optional().describe('With all names below them'),
    ports: list(FIELDS.port, 'a list of ports').optional().describe('TCP, beside 80 and 443'),
    ranges: list(FIELDS.range, 'a list of ranges of IPv4')
      .optional()
      .describe('Reached by address, such as 10.1.0.0/16; private ones are reached only so'),
  }).optional(),
  packages: PARTS.packages.optional().describe('Debian packages that are part of the image'),
  env: z
    .record(FIELDS.variable, z.union([FIELDS.secret, FromEnv], { error: ENV_VALUE }), {
      error: 'an object of names and values',
    })
    .optional()
    .describe("Reaches the guest's ~/.env and nothing else"),
  scripts: PARTS.scripts.optional().describe('Run in the guest, in order, after each boot'),
  hooks: PARTS.hooks.optional().describe('Run on this host; a failure is a warning'),
  warmCaches: FIELDS.flag.optional().describe('False: dewar up does not stream the caches of plugins'),
  image: FIELDS.image.optional().describe("An image's profile, or the beginning of an image's id"),
  driver: FIELDS.name.optional(),
});
