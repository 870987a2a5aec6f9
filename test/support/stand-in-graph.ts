import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GUEST_TREE } from '../../src/vmm/machine/guest-repository.ts';
import type { TestRepository } from './git-repository.ts';
import { encodeQueryOutput } from './proto/build-proto.ts';
import type { TargetData } from './proto/build-proto.ts';

/** It prints the graph that the commit has, and takes nothing but queries. */
const STAND_IN = `#!/bin/sh
case " $* " in
  *" query "*) exec cat ${GUEST_TREE}/graph ;;
  *) echo "no stand-in for: $*" >&2; exit 2 ;;
esac
`;

/**
 * Two commits of a workspace with a script `stand-in`, for guests without Bazel; the second one changes `//:one.txt`.
 * @returns their ids
 */
export async function standInGraph(repository: TestRepository): Promise<[string, string]> {
  const { path, git } = repository;
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'graph'), encodeQueryOutput(['one', 'two'].flatMap(ruleOfFile)));
  await writeFile(join(path, 'stand-in'), STAND_IN);
  await chmod(join(path, 'stand-in'), 0o755);
  await git('add', '--all');
  const files = { 'MODULE.bazel': 'module(name = "small")\n', 'BUILD.bazel': '' };
  const base = await repository.commit({ ...files, 'one.txt': '1\n', 'two.txt': '1\n' });
  return [base, await repository.commit({ 'one.txt': '2\n' })];
}

/** A filegroup of one file, and the file. */
function ruleOfFile(name: string): TargetData[] {
  const source = `//:${name}.txt`;
  const srcs = { name: 'srcs', type: 6, stringListValue: [source], explicitlySpecified: true };
  const rule = { name: `//:${name}`, ruleClass: 'filegroup', attributes: [srcs] };
  return [
    { kind: 'Rule', ...rule, ruleInputs: [source], ruleOutputs: [] },
    { kind: 'SourceFile', name: source, subincludes: [] },
  ];
}
