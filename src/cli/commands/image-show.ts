import type { ListedImage } from '../../image/store/list-images.ts';
import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';

export const command: CommandSpec = defineCommand({
  name: 'image show',
  summary: 'show one image: its files, its kernel and its packages',
  arguments: {
    image: {
      description: 'a prefix of its id, or a profile: the newest image of it',
      required: true,
    },
  },
  options: {
    verify: {
      long: 'verify',
      kind: 'boolean',
      description: 'read every byte; exit with 1 when one is wrong',
    },
  },
  exitCodes: { 1: 'the image is damaged, or there is none' },
  run: async ({ options, arguments: { image: name }, env }) => {
    const { findImage } = await import('../../image/store/find-image.ts');
    const { listImage } = await import('../../image/store/list-images.ts');
    const { cacheDirectory } = await import('../../platform/cache-directory.ts');
    const found = await findImage(cacheDirectory(env), name);
    const image = options.verify ? await listImage(found.directory, found.id, 'digests') : found;
    const { id, directory, state, used } = image;
    const data = {
      id,
      directory,
      state: state.complete ? 'complete' : 'damaged',
      why: state.complete ? null : state.why,
      verified: options.verify,
      used,
      manifest: state.complete ? state.manifest : null,
    };
    return { data, text: toText(image, options.verify), exitCode: state.complete ? 0 : 1 };
  },
});

function toText({ id, directory, state, used }: ListedImage, verified: boolean): string {
  const lines = [`image      ${id}`, `directory  ${directory}`];
  if (!state.complete) return [...lines, `state      damaged: ${state.why}`].join('\n');
  const { manifest } = state;
  return [
    ...lines,
    `state      complete${verified ? ', every byte is right' : ''}`,
    `created    ${manifest.created_at} by dewar ${manifest.tool_version}`,
    `profile    ${manifest.profile}`,
    `suite      ${manifest.suite} (${manifest.architecture})`,
    `kernel     ${manifest.kernel_version}`,
    `guest ABI  ${manifest.guest_abi}`,
    `on disk    ${Math.ceil(used / 2 ** 20)} MiB`,
    'files',
    ...Object.entries(manifest.files).map(
      ([file, { size, sha256 }]) => `  ${file}  ${size} bytes  sha256 ${sha256}`,
    ),
    'packages',
    ...manifest.packages.map((one) => `  ${one.name} ${one.version}`),
  ].join('\n');
}
