import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { readIfPresent } from '../platform/read-if-present.ts';
import { runtimeDirectory } from '../platform/runtime-directory.ts';
import type { AskedName } from './parse-query-log.ts';
import type { NetworkPolicy } from './policy.ts';

/** What lies in the directory of a machine's proxy. */
export const EGRESS_FILES = { policy: 'policy.json', names: 'names.json', socket: 'socket' } as const;

export const PolicySchema: z.ZodType<NetworkPolicy> = z.object({
  mode: z.enum(['open', 'filtered']),
  domains: z.array(z.string()),
  ports: z.array(z.int()),
  ranges: z.array(z.string()),
});

const Names: z.ZodType<AskedName[]> = z.array(
  z.object({ name: z.string(), verdict: z.enum(['allowed', 'denied', 'private']), count: z.int() }),
);

type Env = Readonly<Record<string, string>>;

/** @returns absolute; for a machine, by its id */
export async function egressDirectory(env: Env, machine: string): Promise<string> {
  return join(await runtimeDirectory(env), `egress-${machine}`);
}

/** Whole or not at all: the proxy reads it at any moment. */
export async function writeEgressPolicy(env: Env, machine: string, policy: NetworkPolicy): Promise<string> {
  const directory = await egressDirectory(env, machine);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFileAtomic(join(directory, EGRESS_FILES.policy), JSON.stringify(policy), { mode: 0o600 });
  return directory;
}

/** @returns undefined where a machine has no proxy */
export async function readEgress(
  env: Env,
  machine: string,
): Promise<{ policy: NetworkPolicy; names: AskedName[] } | undefined> {
  const directory = await egressDirectory(env, machine);
  const policy = await readIfPresent(join(directory, EGRESS_FILES.policy));
  if (policy === undefined) return undefined;
  const names = await readIfPresent(join(directory, EGRESS_FILES.names));
  return {
    policy: PolicySchema.parse(JSON.parse(policy.toString('utf8'))),
    names: names === undefined ? [] : Names.parse(JSON.parse(names.toString('utf8'))),
  };
}

export async function removeEgress(env: Env, machine: string): Promise<void> {
  await rm(await egressDirectory(env, machine), { recursive: true, force: true });
}
