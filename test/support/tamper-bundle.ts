import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readGraphIndex, writeGraphIndex } from '../../src/bazel/graph/graph-index.ts';
import { impactOfContents } from '../../src/bazel/graph/impact-of-contents.ts';
import type { ChangedContent } from '../../src/bazel/graph/impact-of-contents.ts';
import { digestFile } from '../../src/platform/durable-files.ts';
import { formatManifest, parseManifest } from '../../src/snapshot/manifest.ts';

/**
 * Makes the index of a bundle say that its commit had another content, with its own writer and a manifest that fits: no
 * check of the bundle can find that it is wrong.
 */
export async function makeWrong(directory: string, content: ChangedContent): Promise<void> {
  const [path, fresh, manifestPath] = ['graph.idx', 'graph.new', 'manifest.json'].map((name) =>
    join(directory, name),
  ) as [string, string, string];
  {
    using index = await readGraphIndex(path);
    if (impactOfContents(index, [content]).length === 0)
      throw new Error(`${content.path} is not in the index`);
    await writeGraphIndex(fresh, index.identity, index, { ...index.facts, loads: index.loads() });
  }
  await rename(fresh, path);
  const parsed = parseManifest(await readFile(manifestPath, 'utf8'));
  if ('why' in parsed) throw new Error(parsed.why);
  const { manifest } = parsed;
  manifest.files['graph.idx'] = await digestFile(path);
  await writeFile(manifestPath, formatManifest(manifest));
}
