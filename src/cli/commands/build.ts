import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import { describeBuiltImage } from '../describe-built-image.ts';
import { WORKSPACE_DIRECTORY } from '../workspace-option.ts';
import { MIRROR_OPTIONS, mirrorsOf } from './image-options.ts';

export const command: CommandSpec = defineCommand({
  name: 'build',
  summary: 'build the image of the workspace, or take it from the cache',
  description: `The image is what dewar.config says: a profile, with the packages of the config and of its plugins, in the versions of the dewar.lock beside the config, which is completed where it does not answer. dewar up does this by itself; a machine that is up keeps the image that it was started with.`,
  options: {
    workspace: WORKSPACE_DIRECTORY,
    frozen: {
      long: 'frozen',
      kind: 'boolean',
      description: 'fail when the lock file would have to be changed: for CI',
    },
    ...MIRROR_OPTIONS,
  },
  examples: [{ command: 'dewar build --frozen', description: 'exactly what is locked, or nothing' }],
  run: async ({ options, emit, signal, env, cwd, version }) => {
    const { openWorkspace } = await import('../open-workspace.ts');
    const { ensureWorkspaceImage } = await import('../../image/ensure-workspace-image.ts');
    const { workspaceLock } = await import('../../image/workspace-lock.ts');
    const { imageSize } = await import('../../image/store/image-size.ts');
    const config = await openWorkspace({ workspace: options.workspace, cwd, env, signal });
    const ensured = await ensureWorkspaceImage(config, {
      frozen: options.frozen,
      mirrors: mirrorsOf(options),
      toolVersion: version,
      env,
      emit,
      signal,
    });
    return describeBuiltImage(ensured, workspaceLock(config), await imageSize(ensured.image.directory));
  },
});
