import { readFile, readdir } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  DRIVER_NAMES,
  loadEngine,
  loadWorkspaceDriver,
  openDriver,
  VMM_DRIVERS,
} from '../../src/builtins.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

describe('docs', () => {
  it('docs/errors.md has every code, and no other', async () => {
    const used = new Set<string>();
    for (const text of await sources()) for (const code of codesOf(text)) used.add(code);
    expect(used.size).toBeGreaterThan(40);
    const listed = new Set(
      [...(await readFile(join(ROOT, 'docs/errors.md'), 'utf8')).matchAll(/`([A-Z]+(?:_[A-Z]+)*)`/g)].map(
        ([, code]) => code,
      ),
    );
    for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) listed.delete(signal);
    expect([...used].filter((code) => !listed.has(code))).toEqual([]);
    expect([...listed].filter((code) => code !== 'DEWAR_CACHE_DIR' && !used.has(code ?? ''))).toEqual([]);
  });

  it.each(['README.md', 'CONTRIBUTING.md'])('the paths that %s names are there', async (name) => {
    const text = await readFile(join(ROOT, name), 'utf8');
    const paths = [...text.matchAll(/`((?:src|docs|test|scripts)\/[\w./-]*)`/g)].map(
      ([, path]) => path ?? '',
    );
    expect(paths.length).toBeGreaterThan(3);
    const all = new Set(
      (await readdir(ROOT, { recursive: true })).filter((path) => !path.startsWith('node_modules')),
    );
    expect(paths.filter((path) => !all.has(path.replace(/\/$/, '')))).toEqual([]);
  });

  it('docs/drivers.md has the capabilities that the drivers say they have', async () => {
    const text = await readFile(join(ROOT, 'docs/drivers.md'), 'utf8');
    const table = rowsOf(text).filter(([name = '']) =>
      /^[SW]: |^network$|^works without root$|^capability$/.test(name),
    );
    const engine = await loadEngine();
    const columns = await Promise.all(
      DRIVER_NAMES.map(async (name) => {
        const snapshots = (await openDriver(name, engine, {})).capabilities;
        const isVmm = VMM_DRIVERS.some((known) => known === name);
        const workspaces = isVmm ? (await loadWorkspaceDriver(name, {})).capabilities : undefined;
        return [
          name,
          snapshots.snapshot,
          snapshots.lazyRestore,
          workspaces?.snapshot,
          workspaces?.hotplugDisk,
          workspaces?.hotplugShare,
          snapshots.network,
          snapshots.rootless,
        ].map(asCell);
      }),
    );
    expect(table).toHaveLength(8);
    expect(table.map(([, ...values]) => values)).toEqual(
      table.map((_, row) => columns.map((column) => column[row])),
    );
  });

  it('the workflow of the drivers runs on every one, and requires those that are no packages', async () => {
    const { jobs } = parse(await readFile(join(ROOT, '.github/workflows/drivers.yml'), 'utf8')) as Workflow;
    const { strategy, env, steps, 'runs-on': runner } = jobs.e2e;
    expect(strategy.matrix.driver.toSorted()).toEqual([...VMM_DRIVERS].toSorted());
    expect(env).toMatchObject({
      DEWAR_REQUIRE_DRIVERS: 'firecracker,cloud-hypervisor',
      DEWAR_TEST_DRIVER: '${{ matrix.driver }}',
    });
    expect(runner).toEqual(expect.arrayContaining(['self-hosted', 'kvm']));
    expect(steps.map(({ run }) => run)).toContain('npm test -- --only e2e');
  });
});

interface Workflow {
  jobs: {
    e2e: {
      'runs-on': string[];
      strategy: { matrix: { driver: string[] } };
      env: object;
      steps: { run?: string }[];
    };
  };
}

function asCell(value: string | boolean | undefined): string {
  if (typeof value === 'string') return value;
  return value === undefined ? '' : value ? 'yes' : 'no';
}

/** Cells of all tables of a text in Markdown. */
function rowsOf(text: string): string[][] {
  const lines = text.split('\n').filter((line) => line.startsWith('|'));
  return lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

async function sources(): Promise<string[]> {
  const files = (await readdir(join(ROOT, 'src'), { recursive: true })).filter(
    (path) => path.endsWith('.ts') && !path.endsWith('.test.ts'),
  );
  return Promise.all(files.map((path) => readFile(join(ROOT, 'src', path), 'utf8')));
}

/** Codes of errors and warnings: `code: 'X'`, and those that a function takes first or second. */
function codesOf(text: string): string[] {
  return (
    [...text.matchAll(/(?:code: |readInput\([^,]+, |readJson\([^,]+, |badly\()'([A-Z]+(?:_[A-Z]+)*)'/g)]
      .map(([, code]) => code ?? '')
      // Those of the system are none of dewar's.
      .filter((code) => !Object.hasOwn(constants.errno, code))
  );
}
