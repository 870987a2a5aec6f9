import type { ImageList } from '../../image/store/list-images.ts';
import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';

export const command: CommandSpec = defineCommand({
  name: 'image ls',
  summary: 'list the images in the cache, the newest first',
  description: 'Checks manifests, names and sizes, not every byte (see image show --verify).',
  options: {},
  run: async ({ env }) => {
    const { listImages } = await import('../../image/store/list-images.ts');
    const { cacheDirectory } = await import('../../platform/cache-directory.ts');
    const list = await listImages(cacheDirectory(env));
    return { data: toData(list), text: await toTable(list) };
  },
});

interface Row {
  id: string;
  state: 'complete' | 'damaged';
  /** Why it is damaged. */
  why: string | null;
  profile: string | null;
  suite: string | null;
  architecture: string | null;
  created_at: string | null;
  packages: number | null;
  directory: string;
  /** Bytes on the disk. */
  used: number;
}

function toData({ images, unfinished }: ImageList): { images: Row[]; unfinished: string[] } {
  const rows = images.map(({ id, directory, state, used }): Row => {
    const manifest = state.complete ? state.manifest : undefined;
    return {
      id,
      state: state.complete ? 'complete' : 'damaged',
      why: state.complete ? null : state.why,
      profile: manifest?.profile ?? null,
      suite: manifest?.suite ?? null,
      architecture: manifest?.architecture ?? null,
      created_at: manifest?.created_at ?? null,
      packages: manifest?.packages.length ?? null,
      directory,
      used,
    };
  });
  return { images: rows, unfinished };
}

async function toTable(list: ImageList): Promise<string> {
  const { images, unfinished } = toData(list);
  if (images.length + unfinished.length === 0) return 'no images';
  const { default: Table } = await import('cli-table3');
  const table = new Table({
    head: ['image', 'state', 'profile', 'suite', 'created', 'packages', 'MiB used'],
    style: { head: [], border: [], compact: true },
  });
  for (const row of images)
    table.push([
      row.id.slice(0, 12),
      row.why === null ? row.state : `${row.state}: ${row.why}`,
      row.profile ?? '',
      row.suite ?? '',
      row.created_at ?? '',
      row.packages ?? '',
      Math.ceil(row.used / 2 ** 20),
    ]);
  for (const path of unfinished) table.push([path, 'unfinished', '', '', '', '', '']);
  return table.toString();
}
