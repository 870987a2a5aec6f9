import { join, resolve } from 'node:path';
import { DewarError } from '../../core/errors.ts';
import { PACKAGE_LOCK_NAME } from '../../core/names.ts';
import type { UpdatedImage, UpdateRequest } from '../../image/update-lock.ts';
import { defineCommand } from '../command.ts';
import type { CommandInput, CommandSpec } from '../command.ts';
import { WORKSPACE_DIRECTORY } from '../workspace-option.ts';
import { MIRROR_OPTIONS, mirrorsOf } from './image-options.ts';

export const command: CommandSpec = defineCommand({
  name: 'update',
  summary: 'lock the newest versions of the Debian packages of images',
  description:
    'Asks the archives which versions they have now, writes them to the lock file, and shows what changed. In a workspace, that is the lock file beside its config, with the packages that the config asks for now. The next dewar build, up or image build builds from them; images that are there stay as they are.',
  arguments: {
    profiles: {
      name: 'profile',
      description: 'profiles to update; by default all that the lock file has',
      variadic: true,
    },
  },
  options: {
    workspace: WORKSPACE_DIRECTORY,
    lock: {
      kind: 'string',
      long: 'lock',
      valueName: 'path',
      description: `the lock file; by default ${PACKAGE_LOCK_NAME} beside the config of the workspace, or here where there is none`,
    },
    dryRun: { long: 'dry-run', kind: 'boolean', description: 'show what would change, and change nothing' },
    ...MIRROR_OPTIONS,
  },
  examples: [{ command: 'dewar update --dry-run', description: 'is there anything new?' }],
  run: async (input) => {
    const { options, arguments: args, emit, signal, env } = input;
    const { profiles } = args;
    const { updateLock } = await import('../../image/update-lock.ts');
    const { cacheDirectory } = await import('../../platform/cache-directory.ts');
    const { lockPath, extra } = await findLock(input);
    const mirrors = mirrorsOf(options);
    const images = await updateLock({
      lockPath,
      cache: cacheDirectory(env),
      profiles,
      extra,
      dryRun: options.dryRun,
      mirrors,
      env,
      emit,
      signal,
    });
    const data = { lock: lockPath, written: !options.dryRun && images.some(isChanged), images };
    return { data, text: images.flatMap(toLines).join('\n') };
  },
});

type Input = Pick<CommandInput<Options, unknown>, 'options' | 'signal' | 'env' | 'cwd'>;
interface Options {
  readonly workspace: string | undefined;
  readonly lock: string | undefined;
}

/** A lock file that was named is no workspace's. @throws DewarError as `openWorkspace`, but for NO_CONFIG where none was named */
async function findLock({
  options: { workspace, lock },
  cwd,
  env,
  signal,
}: Input): Promise<{ lockPath: string } & Pick<UpdateRequest, 'extra'>> {
  if (lock !== undefined) return { lockPath: resolve(cwd, lock) };
  const { openWorkspace } = await import('../open-workspace.ts');
  const { workspaceLock } = await import('../../image/workspace-lock.ts');
  const config = await openWorkspace({ workspace, cwd, env, signal }).catch((error: unknown) => {
    const isNone = error instanceof DewarError && error.code === 'NO_CONFIG' && workspace === undefined;
    if (!isNone) throw error;
  });
  if (config === undefined) return { lockPath: resolve(cwd, PACKAGE_LOCK_NAME) };
  const extra = workspaceLock(config) === undefined ? {} : { [config.image]: config.packages };
  return { lockPath: join(config.directory, PACKAGE_LOCK_NAME), extra };
}

function isChanged({ changes }: UpdatedImage): boolean {
  return changes.length > 0;
}

function toLines({ profile, suite, packages, changes }: UpdatedImage): string[] {
  const lines = changes.map(({ name, from, to }) => {
    if (from === null) return `  + ${name} ${to}`;
    return to === null ? `  - ${name} ${from}` : `  ${name} ${from} -> ${to}`;
  });
  const sum = changes.length === 0 ? 'nothing new' : `${changes.length} changed`;
  return [`${profile} (${suite}): ${packages} packages, ${sum}`, ...lines];
}
