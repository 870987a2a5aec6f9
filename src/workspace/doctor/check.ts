import type { ResolvedConfig } from '../../config/resolved-config.ts';
import type { CacheConfig } from '../../config/workspace-config.ts';
import type { DriverChoice } from '../../vmm/choose-driver.ts';
import type { DriverExamination, ExaminedDriver } from '../../vmm/driver-examination.ts';
import type { WorkspaceDriver } from '../../vmm/workspace-driver.ts';

/** Parts of what is looked at, in the order in which they are shown. */
export const GROUPS = ['host', 'machines', 'drivers', 'shares', 'network', 'workspace', 'snapshots'] as const;
export type Group = (typeof GROUPS)[number];

/** `note`: for the user to know. `warning`: it works, not well. `problem`: it does not work. */
export type Level = 'ok' | 'note' | 'warning' | 'problem';

export interface Finding {
  /** In place of the check's. */
  title?: string;
  level: Level;
  message: string;
  mend?: string;
  /** Debian packages that mend it. */
  packages?: readonly string[];
}

/** One thing that is looked at. */
export interface Check {
  /** Stable. */
  id: string;
  group: Group;
  /** For people. */
  title: string;
  /** What it is when the check throws; `problem` when absent. */
  failure?: Exclude<Level, 'ok'>;
  deadlineMs?: number;
  /**
   * @returns undefined where there is nothing to say
   * @throws DewarError for what does not work
   */
  run(context: DoctorContext): Promise<Finding | readonly Finding[] | undefined>;
}

export interface DoctorContext {
  env: Readonly<Record<string, string>>;
  signal: AbortSignal | undefined;
  /** The one whose machines need nothing but its program. */
  driver: DriverExamination;
  /** All that have a VMM. */
  drivers: readonly ExaminedDriver[];
  /** What the driver `auto` is here. */
  choices: () => Promise<readonly AutoChoice[]>;
  /** @returns undefined where there is none. @throws DewarError for one that cannot be loaded */
  workspace: () => Promise<ResolvedConfig | undefined>;
  /** Of the built-in plugins. */
  caches: readonly CacheConfig[];
  /** @throws DewarError NO_SUCH_DRIVER */
  loadDriver: (name: string) => Promise<Pick<WorkspaceDriver, 'find'>>;
}

/** What `auto` takes for something, or the error when it takes nothing. */
export interface AutoChoice {
  /** For people: `record and consume`. */
  what: string;
  choice: Omit<DriverChoice<unknown>, 'driver'> | { error: unknown };
}

/** @returns a check that is made in a workspace alone, whose config can be loaded: that it cannot is another one's finding */
export function workspaceCheck(
  check: Omit<Check, 'run' | 'group'> & {
    group?: Group;
    run: (config: ResolvedConfig, context: DoctorContext) => ReturnType<Check['run']>;
  },
): Check {
  return {
    group: 'workspace',
    ...check,
    async run(context) {
      const config = await context.workspace().catch(() => undefined);
      return config && (await check.run(config, context));
    },
  };
}
