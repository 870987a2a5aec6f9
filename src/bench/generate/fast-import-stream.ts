import type { CommitPlan } from './commit-plans.ts';
import { commitPlans } from './commit-plans.ts';
import { packageFiles } from './package-files.ts';
import type { PlannedFile } from './package-files.ts';
import type { ProjectSpec } from './project-spec.ts';
import { sharedFiles } from './shared-files.ts';

export const BASE_REF = 'refs/heads/main';

/** The branch that keeps the commit of one kind. */
export function commitRef(kind: string): string {
  return `refs/heads/bench/${kind}`;
}

const AUTHOR = 'dewar bench <bench@dewar.invalid>';
/** 2024-01-01T00:00:00Z */
const FIRST_SECOND = 1_704_067_200;
const CHUNK_BYTES = 1 << 18;

/**
 * The whole history in the format of `git fast-import` (git-fast-import(1)), in chunks, made while it is read.
 * Mark 1 is the base commit.
 */
export function* fastImportStream(spec: ProjectSpec): Generator<Buffer, void> {
  let pending: string[] = [];
  let size = 0;
  for (const part of commands(spec)) {
    pending.push(part);
    size += part.length;
    if (size < CHUNK_BYTES) continue;
    yield Buffer.from(pending.join(''));
    pending = [];
    size = 0;
  }
  yield Buffer.from(pending.join(''));
}

function* commands(spec: ProjectSpec): Generator<string, void> {
  yield 'feature done\n';
  yield commitHeader(BASE_REF, 1, FIRST_SECOND, 'Generate a project');
  for (const file of sharedFiles(spec)) yield write(file);
  for (let index = 0; index < spec.packages; index++)
    for (const file of packageFiles(spec, index)) yield write(file);
  for (const [order, plan] of commitPlans(spec).entries()) yield sibling(plan, order);
  yield 'done\n';
}

function sibling(plan: CommitPlan, order: number): string {
  return [
    commitHeader(commitRef(plan.kind), order + 2, FIRST_SECOND + 60 * (order + 1), plan.message),
    'from :1\n',
    ...plan.writes.map(write),
    ...plan.removes.map((path) => `D ${path}\n`),
  ].join('');
}

function commitHeader(ref: string, mark: number, second: number, message: string): string {
  const who = `${AUTHOR} ${second} +0000`;
  return `commit ${ref}\nmark :${mark}\nauthor ${who}\ncommitter ${who}\n${data(message)}`;
}

function write(file: PlannedFile): string {
  return `M 100644 inline ${file.path}\n${data(file.content)}`;
}

function data(content: string): string {
  return `data ${Buffer.byteLength(content)}\n${content}\n`;
}
