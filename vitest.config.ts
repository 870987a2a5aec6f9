import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';
import type { TestProjectInlineConfiguration, ViteUserConfig } from 'vitest/config';

const TEN_MINUTES = 600_000;
/** Tests wait for guests and deadlines a part of their time: more workers than CPUs keep these busy. */
const WORKERS = Math.min(6, Math.max(2, Math.ceil(availableParallelism() * 1.5)));
const LONG = [
  'guest-snapshots',
  'workspace-kills',
  'tiers-property',
  'vmm-failures',
  'interrupts',
  'workspace-hostile-guest',
  'workspaces',
  'warm-cache',
  'firecracker-api',
  'cloud-hypervisor-api',
  'workspace-guest',
];

/** Files that take minutes come first: at the end one of them would keep one worker busy and the other one idle. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean =>
      LONG.some((name) => moduleId.endsWith(`/${name}.test.ts`));
    const sorted = await super.sort(files);
    return [...sorted.filter((file) => isLong(file)), ...sorted.filter((file) => !isLong(file))];
  }
}

/** Suites that start real programs and the build: slow, and heavy enough that few may run at once. */
function slowProject(name: string, groupOrder: number): TestProjectInlineConfiguration {
  return {
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      testTimeout: TEN_MINUTES,
      hookTimeout: TEN_MINUTES,
      globalSetup: ['test/support/build-once.ts'],
      maxWorkers: WORKERS,
      sequence: { groupOrder },
    },
  };
}

/** The tests of machines on another QEMU than that of this machine. */
function onQemu10(program: string): TestProjectInlineConfiguration {
  const contract = slowProject('contract', 1);
  const names = ['qemu-host', 'virtual-machine', 'machine-failures', 'qemu-driver', 'shares'];
  const include = names.map((name) => `test/contract/${name}.test.ts`);
  const env = { DEWAR_QEMU: program, DEWAR_VIRTIOFSD: join(dirname(program), 'virtiofsd') };
  return { test: { ...contract.test, name: 'contract-qemu-10', include, env } };
}

const { DEWAR_TEST_QEMU10 } = process.env;

const config: ViteUserConfig = defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      slowProject('contract', 1),
      ...(DEWAR_TEST_QEMU10 === undefined ? [] : [onQemu10(DEWAR_TEST_QEMU10)]),
      slowProject('conformance', 2),
      slowProject('e2e', 3),
      slowProject('tools', 4),
      slowProject('bench', 5),
    ],
    coverage: { provider: 'v8', include: ['src/**/*.ts'], exclude: ['src/**/*.test.ts'] },
  },
});

export default config;
