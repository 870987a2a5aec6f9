import { resolve } from 'node:path';
import type { UpdatedImage } from '../../image/update-lock.ts';
import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import { LOCK_OPTION, MIRROR_OPTIONS, mirrorsOf } from './image-options.ts';

export const command: CommandSpec = defineCommand({
  name: 'update',
  summary: 'lock the newest versions of the Debian packages of images',
  description:
    'Asks the archives which versions they have now, writes them to the lock file, and shows what changed. The next dewar image build builds from them; images that are there stay as they are.',
  arguments: {
    profiles: {
      name: 'profile',
      description: 'profiles to update; by default all that the lock file has',
      variadic: true,
    },
  },
  options: {
    lock: LOCK_OPTION,
    dryRun: { long: 'dry-run', kind: 'boolean', description: 'show what would change, and change nothing' },
    ...MIRROR_OPTIONS,
  },
  examples: [{ command: 'dewar update --dry-run', description: 'is there anything new?' }],
  run: async ({ options, arguments: { profiles }, emit, signal, env, cwd }) => {
    const { updateLock } = await import('../../image/update-lock.ts');
    const { cacheDirectory } = await import('../../platform/cache-directory.ts');
    const lockPath = resolve(cwd, options.lock);
    const mirrors = mirrorsOf(options);
    const images = await updateLock({
      lockPath,
      cache: cacheDirectory(env),
      profiles,
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
