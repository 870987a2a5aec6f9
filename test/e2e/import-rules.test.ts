import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommand } from '../../src/platform/run-command.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** From the bottom up, as in the design. */
const LAYERS =
  'core platform config bazel vmm image network guest cache snapshot workspace plugins public bench cli'.split(
    ' ',
  );

const upwards = LAYERS.slice(1).map((upper, index) => [
  `layer-${LAYERS[index]}`,
  `src/${LAYERS[index]}/up.ts`,
  `src/${upper}/high.ts`,
]);

/** Rule, file, and what that file must not import. */
const FORBIDDEN = [
  ...upwards,
  ['layer-core', 'src/core/far-up.ts', 'src/cli/high.ts'],
  ['layer-builtins.ts', 'src/builtins.ts', 'src/cli/high.ts'],
  ['vmm-apart', 'src/vmm/qemu/a.ts', 'src/vmm/local/b.ts'],
  ['vmm-apart', 'src/vmm/machine/a.ts', 'src/vmm/qemu/b.ts'],
  ['vmm-by-interface', 'src/snapshot/names-machine.ts', 'src/vmm/machine/b.ts'],
  ['vmm-by-interface', 'src/snapshot/names-driver.ts', 'src/vmm/local/b.ts'],
  ['plugins-apart', 'src/plugins/aws/a.ts', 'src/plugins/node/b.ts'],
  ['plugins-by-interface', 'src/cli/names-plugin.ts', 'src/plugins/node/b.ts'],
  ['builtins-by-cli', 'src/bench/names-builtins.ts', 'src/builtins.ts'],
  ['snapshot-without-bazel', 'src/snapshot/names-bazel.ts', 'src/bazel/b.ts'],
  ['src-without-tests', 'src/core/uses-test.ts', 'test/support/b.ts'],
  ['known-layer', 'src/stray/a.ts', 'src/core/b.ts'],
  ['platform-only', 'src/bazel/process.ts', 'node:child_process'],
  ['platform-only', 'src/bazel/old-process.ts', 'child_process'],
  ['platform-only', 'src/vmm/socket.ts', 'node:net'],
  ['platform-only', 'src/vmm/http.ts', 'undici'],
  ['platform-only', 'src/snapshot/execa.ts', 'execa'],
  ['no-cycles', 'src/core/cycle-a.ts', 'src/core/cycle-b.ts'],
  ['no-cycles', 'src/core/self.ts', 'src/core/self.ts'],
  ['resolvable', 'src/core/lost.ts', 'src/core/gone.ts'],
] as [string, string, string][];

const ALLOWED = [
  ...LAYERS.slice(1).map((upper, index) => [`src/${upper}/down.ts`, `src/${LAYERS[index]}/low.ts`]),
  ['src/cli/far-down.ts', 'src/core/low.ts'],
  ['src/cli/builtins-user.ts', 'src/builtins.ts'],
  ['src/builtins.ts', 'src/vmm/local/driver.ts'],
  ['src/vmm/local/driver.ts', 'src/vmm/driver.ts'],
  ['src/vmm/qemu/driver.ts', 'src/vmm/machine/a.ts'],
  ['src/plugins/aws/a.ts', 'src/plugins/aws/b.ts'],
  ['src/platform/process.ts', 'node:child_process'],
  ['src/platform/socket.ts', 'node:net'],
  ['src/platform/execa.ts', 'execa'],
  ['src/bazel/process.test.ts', 'node:child_process'],
  ['src/bazel/process.test.ts', 'test/support/b.ts'],
  ['test/e2e/a.test.ts', 'src/cli/a.ts'],
] as [string, string][];

let rules: string[];
let forbidden: string[];
let allowed: string[];
let temp: string;

beforeAll(async () => {
  temp = await mkdtemp(join(tmpdir(), 'dewar-imports-'));
  const imports = FORBIDDEN.map(([, from, to]) => [from, to] as [string, string]);
  const report = await check([...imports, ['src/core/cycle-b.ts', 'src/core/cycle-a.ts']]);
  rules = report.summary.ruleSetUsed.forbidden.map(({ name }) => name);
  forbidden = violations(report);
  allowed = violations(await check(ALLOWED));
});

afterAll(async () => {
  await rm(temp, { recursive: true });
});

test.each(FORBIDDEN)('rule %s: %s may not import %s', (rule, from, to) => {
  expect(forbidden).toContainEqual(
    expect.stringMatching(new RegExp(`^${rule}: ${from} -> .*${lastPart(to)}`)),
  );
});

test('each rule has its case here', () => {
  expect([...new Set(FORBIDDEN.map(([rule]) => rule))].toSorted()).toEqual(rules.toSorted());
});

test('what the design allows breaks no rule', () => {
  expect(allowed).toEqual([]);
});

/**
 * Checks a small tree with the project's own rules.
 * @param imports pairs: a file, and the file or module that it imports; the files are made, but for `gone.ts`
 */
async function check(imports: readonly [string, string][]): Promise<Report> {
  const root = await mkdtemp(join(temp, 'tree-'));
  await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  await writeFile(join(root, 'tsconfig.json'), '{"compilerOptions":{"module":"nodenext"}}');
  const sources = new Map<string, string>();
  for (const [from, to] of imports) {
    if (to.includes('/') && lastPart(to) !== 'gone.ts')
      sources.set(to, sources.get(to) ?? 'export type T = string;\n');
    sources.set(from, `${sources.get(from) ?? ''}import type {} from '${specifier(from, to)}';\n`);
  }
  for (const [path, source] of sources) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), source);
  }
  const depcruise = join(ROOT, 'node_modules/.bin/depcruise');
  const args = ['--config', join(ROOT, '.dependency-cruiser.cjs'), '--output-type', 'json', 'src', 'test'];
  const { stdout } = await runCommand(depcruise, args, { cwd: root });
  return JSON.parse(stdout.toString()) as Report;
}

function violations({ summary }: Report): string[] {
  return summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`);
}

interface Report {
  summary: {
    violations: { rule: { name: string }; from: string; to: string }[];
    ruleSetUsed: { forbidden: { name: string }[] };
  };
}

function specifier(from: string, to: string): string {
  return to.includes('/') ? `${'../'.repeat(from.split('/').length - 1)}${to}` : to;
}

function lastPart(path: string): string {
  return path.split(/[/:]/).at(-1) ?? path;
}
