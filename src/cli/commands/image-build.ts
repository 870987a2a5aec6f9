import { resolve } from 'node:path';
import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import { describeBuiltImage } from '../describe-built-image.ts';
import { LOCK_OPTION, MIRROR_OPTIONS, mirrorsOf } from './image-options.ts';

export const command: CommandSpec = defineCommand({
  name: 'image build',
  summary: 'build the image of a guest: kernel, initrd and root disk, or take it from the cache',
  description: `Installs Debian packages, in exactly the versions of the lock file, into a root file system, without mounting it; see docs/images.md. An image is named by all that it is made of, never changes, and is shared by all workspaces of this user. No key and no secret is in it.

A lock file that has no entry for the profile gets one, with the versions of now; dewar update changes them later.`,
  arguments: {
    profile: { description: 'minimal (the default), systemd or bazel' },
  },
  options: {
    lock: LOCK_OPTION,
    package: {
      long: 'package',
      kind: 'list',
      valueName: 'name',
      description: 'a Debian package beside those of the profile; kept in the lock file. May be repeated',
    },
    suite: {
      long: 'suite',
      kind: 'string',
      valueName: 'name',
      description: "Debian's code name (bookworm, trixie …); kept in the lock file",
    },
    frozen: {
      long: 'frozen',
      kind: 'boolean',
      description: 'fail when the lock file would have to be changed: for CI',
    },
    ...MIRROR_OPTIONS,
  },
  examples: [
    { command: 'dewar image build', description: 'the minimal image, by ./dewar.lock' },
    {
      command: 'dewar image build systemd --package git --package build-essential',
      description: 'more tools',
    },
  ],
  run: async ({ options, arguments: args, emit, signal, env, cwd, version }) => {
    const { ensureImage } = await import('../../image/ensure-image.ts');
    const { imageSize } = await import('../../image/store/image-size.ts');
    const { cacheDirectory } = await import('../../platform/cache-directory.ts');
    const lockPath = resolve(cwd, options.lock);
    const ensured = await ensureImage({
      profile: args.profile ?? 'minimal',
      lockPath,
      cache: cacheDirectory(env),
      suite: options.suite,
      extra: options.package.length === 0 ? undefined : options.package,
      frozen: options.frozen,
      mirrors: mirrorsOf(options),
      toolVersion: version,
      env,
      emit,
      signal,
    });
    return describeBuiltImage(ensured, lockPath, await imageSize(ensured.image.directory));
  },
});
