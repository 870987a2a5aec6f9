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
  const path = join(directory, 'graph.idx');
  const fresh = join(directory, 'graph.new');
  {
    using index = await readGraphIndex(path);
    if (impactOfContents(index, [content]).length === 0)
      throw new Error(`${content.path} is not in the index`);
    await writeGraphIndex(fresh, index.identity, index, { ...index.facts, loads: index.loads() });
  }
  await rename(fresh, path);
  await fitManifest(directory, 'graph.idx');
}

/** The same for the value of one target in the base hashes. */
export async function makeHashesWrong(directory: string, label: string): Promise<void> {
  const path = join(directory, 'base_hashes.json');
  const text = await readFile(path, 'utf8');
  const at = text.indexOf(`"${label}": "`);
  if (at === -1) throw new Error(`${label} is not in the base hashes`);
  const value = /[0-9a-f]{64}/g;
  value.lastIndex = at;
  const found = value.exec(text);
  if (found === null) throw new Error(`${label} has no hash`);
  await writeFile(path, text.replaceAll(found[0], '0'.repeat(64)));
  await fitManifest(directory, 'base_hashes.json');
}

/** Has the manifest of a bundle say of a file what it is now. */
export async function fitManifest(
  directory: string,
  name: 'graph.idx' | 'base_hashes.json' | 'machine.json',
): Promise<void> {
  const manifestPath = join(directory, 'manifest.json');
  const parsed = parseManifest(await readFile(manifestPath, 'utf8'));
  if ('why' in parsed) throw new Error(parsed.why);
  const { manifest } = parsed;
  manifest.files[name] = await digestFile(join(directory, name));
  await writeFile(manifestPath, formatManifest(manifest));
}
