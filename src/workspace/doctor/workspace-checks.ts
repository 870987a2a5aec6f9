import { formatBytes } from '../../core/format-bytes.ts';
import { lookUpWorkspaceImage } from '../../image/look-up-workspace-image.ts';
import { assertDiskOfImage } from '../assert-disk-of-image.ts';
import { readJournal } from '../journal.ts';
import { listMachines } from '../list-machines.ts';
import { machineName } from '../machine-name.ts';
import { workspaceCheck } from './check.ts';
import type { Check } from './check.ts';
import { judgeMachine } from './judge-machine.ts';
import { mountsCheck } from './mounts-check.ts';

/** What is with the workspace here. */
export const WORKSPACE_CHECKS: readonly Check[] = [
  {
    id: 'config',
    group: 'workspace',
    title: 'config',
    async run({ workspace }) {
      const config = await workspace();
      if (config !== undefined) return { level: 'ok', message: config.file };
      return { level: 'note', message: 'there is none here or above; dewar init writes one' };
    },
  },
  workspaceCheck({
    id: 'env',
    title: 'variables',
    run: (config, { env }) => {
      const values = Object.values(config.env).flatMap((value) =>
        typeof value === 'string' ? [] : [value.fromEnv],
      );
      const missing = [...new Set(values)].filter((name) => env[name] === undefined);
      if (missing.length === 0) return Promise.resolve(undefined);
      return Promise.resolve({
        level: 'problem',
        message: `the config takes values of variables that are not set: ${missing.join(', ')}`,
        mend: `set them before dewar up: export ${missing[0] ?? ''}=…`,
      });
    },
  }),
  workspaceCheck({
    id: 'image',
    title: 'image',
    async run(config, { env }) {
      const found = await lookUpWorkspaceImage(config, env);
      if (found.state !== 'not locked')
        for (const { paths } of await listMachines(config.directory)) {
          // One that is damaged is the next check's finding.
          const journal = await readJournal(paths.journal).catch(() => undefined);
          if (journal !== undefined)
            await assertDiskOfImage({ journal, paths }, found.id, { looksOnly: true });
        }
      if (found.state === 'built')
        return {
          level: 'ok',
          message: `${config.image} ${found.id.slice(0, 12)}, ${formatBytes(found.used)}`,
        };
      const why =
        found.state === 'not built'
          ? `${config.image} ${found.id.slice(0, 12)} is not built yet`
          : `${found.lock} does not say yet which packages it is made of`;
      return { level: 'note', message: `${why}; dewar build, or the next dewar up, builds it` };
    },
  }),
  workspaceCheck({
    id: 'machines',
    title: 'machine',
    async run(config, { loadDriver }) {
      const machines = await listMachines(config.directory);
      return Promise.all(
        machines.map(async ({ fork, paths }) => {
          const { state, machine } = await readJournal(paths.journal);
          const isRunning =
            machine !== undefined &&
            (await (await loadDriver(machine.driver)).find(machine.id)) !== undefined;
          return judgeMachine(
            { name: machineName(config, fork), state, machine, isRunning },
            config.machineDigest,
          );
        }),
      );
    },
  }),
  mountsCheck,
  workspaceCheck({
    id: 'network-mode',
    group: 'network',
    title: 'network of the workspace',
    run: ({ network: { mode } }) =>
      Promise.resolve(
        mode === 'filtered'
          ? {
              level: 'note',
              message:
                'filtered: names are not filtered yet, so that nothing is reached at all; with network.mode open, everything is',
            }
          : { level: 'ok', message: mode },
      ),
  }),
];
