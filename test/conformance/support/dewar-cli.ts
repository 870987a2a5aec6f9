import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../../src/platform/run-command.ts';
import { z } from 'zod';
import type { ReferenceDistance } from '../../reference/reference-impact.ts';

const DEWAR = fileURLToPath(new URL('../../../dist/dewar.js', import.meta.url));

export interface CliResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Runs the built `dewar bazel …` as a user does. */
export async function dewarBazel(args: readonly string[], cwd: string): Promise<CliResult> {
  const argv = [DEWAR, 'bazel', ...args];
  const { exitCode, stdout, stderr } = await runCommand(process.execPath, argv, { cwd, deadlineMs: 180_000 });
  return { exitCode, stdout: stdout.toString('utf8'), stderr };
}

/** As `dewarBazel`, for what must succeed. */
export async function dewarBazelOk(args: readonly string[], cwd: string): Promise<CliResult> {
  const result = await dewarBazel(args, cwd);
  if (result.exitCode !== 0)
    throw new Error(`dewar bazel ${args.join(' ')}: exit ${result.exitCode}\n${result.stderr}`);
  return result;
}

/** What a hashes file holds, flat or with metadata. */
export interface HashesFile {
  hashes: Map<string, string>;
  moduleGraphJson: string | undefined;
  /** The labels in the order of the file. */
  labels: string[];
}

const flat = z.record(z.string(), z.string());
const withMetadata = z.strictObject({
  hashes: flat,
  metadata: z.strictObject({ moduleGraphJson: z.string() }),
});

export async function readHashesFile(path: string): Promise<HashesFile> {
  const json: unknown = JSON.parse(await readFile(path, 'utf8'));
  const document = withMetadata.safeParse(json);
  const hashes = document.success ? document.data.hashes : flat.parse(json);
  return {
    hashes: new Map(Object.entries(hashes)),
    moduleGraphJson: document.data?.metadata.moduleGraphJson,
    labels: Object.keys(hashes),
  };
}

const edges = z.record(z.string(), z.array(z.string()));

export async function readDepEdges(path: string): Promise<Map<string, string[]>> {
  return new Map(Object.entries(edges.parse(JSON.parse(await readFile(path, 'utf8')))));
}

const distances = z.array(
  z.strictObject({ label: z.string(), targetDistance: z.number(), packageDistance: z.number() }),
);

export async function readDistances(path: string): Promise<ReferenceDistance[]> {
  return distances.parse(JSON.parse(await readFile(path, 'utf8')));
}
