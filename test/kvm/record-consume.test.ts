import { chmod, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { FROZEN_RECORD } from '../../src/vmm/machine/freeze/frozen-machine.ts';
import { GUEST_TREE } from '../../src/vmm/machine/guest-repository.ts';
import { testRepository } from '../support/git-repository.ts';
import type { TestRepository } from '../support/git-repository.ts';
import { guestImage } from '../support/guest-image.ts';
import { encodeQueryOutput } from '../support/proto/build-proto.ts';
import type { TargetData } from '../support/proto/build-proto.ts';

const DEWAR = fileURLToPath(new URL('../../dist/dewar.js', import.meta.url));

/** It prints the graph that the commit has, and takes nothing but queries. */
const STAND_IN = `#!/bin/sh
case " $* " in
  *" query "*) exec cat ${GUEST_TREE}/graph ;;
  *) echo "no stand-in for: $*" >&2; exit 2 ;;
esac
`;

test('the built program records and consumes in machines with KVM (a script stands in for Bazel)', async () => {
  await using repository = await testRepository();
  const [base, target] = await commits(repository);
  const image = await guestImage();
  const cache = dirname(dirname(image.directory));
  const [store, out, report] = ['store', 'out', 'report'].map((name) =>
    join(repository.path, '..', name),
  ) as [string, string, string];
  const common = ['--workspace', repository.path, '--store', store, '--driver', 'qemu', '--image', image.id];
  const machine = ['--mem-mib', '512', '--vcpus', '1', '--bazel', join(GUEST_TREE, 'stand-in')];
  const dewar = async (args: readonly string[]): Promise<void> => {
    const words = [DEWAR, ...args, ...common, ...machine];
    await execa(process.execPath, words, { env: { DEWAR_CACHE_DIR: cache } });
  };

  await dewar(['record', '--base-sha', base]);
  const [fingerprint = ''] = (await readdir(store)).filter((name) => /^[0-9a-f]{64}$/.test(name));
  const record = await readFile(join(store, fingerprint, base, FROZEN_RECORD), 'utf8');
  const { compatibility } = JSON.parse(record) as { compatibility: { accelerator: string } };
  expect(compatibility.accelerator).toBe('kvm');

  await dewar(['consume', '--target-sha', target, '--tier', 'thawed', '--out', out, '--json', report]);
  expect(JSON.parse(await readFile(report, 'utf8'))).toMatchObject({ tier: 'thawed', base_sha: base });
  expect(await readFile(out, 'utf8')).toBe('//:one\n//:one.txt\n');
  const left = await readdir(join(cache, 'qemu', 'machines'));
  expect(left.filter((name) => /^[0-9a-f]{16}$/.test(name))).toEqual([]);
});

async function commits(repository: TestRepository): Promise<[string, string]> {
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
