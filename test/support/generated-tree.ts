import fc from 'fast-check';
import { chmod, link, mkdir, open, symlink, writeFile } from 'node:fs/promises';

/** A name of 1 to 255 bytes, without what is special to everybody. */
const name = fc
  .oneof(
    fc.uint8Array({ minLength: 1, maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom('-', '--', '-rf', '~', '*', ' ', 'a b', '\n', 'ü', '世界', '"', "'", '\\', '$(id)', '.x'),
    fc.integer({ min: 90, max: 255 }).map((length) => 'n'.repeat(length)),
  )
  .map((value) => Buffer.from(Buffer.from(value).map((byte) => (byte === 0 || byte === 0x2f ? 0x61 : byte))))
  .filter(
    (bytes) => !['.', '..'].includes(bytes.toString('latin1')) && !bytes.toString('latin1').endsWith('.lock'),
  );

/** An entry of a tree that is made up. */
export type TreeNode =
  | { kind: 'file'; name: Buffer; size: number; mode: number; age: number }
  | { kind: 'sparse' | 'hardlink' | 'link'; name: Buffer }
  | { kind: 'directory'; name: Buffer; mode: number; nodes: TreeNode[] };

const arbitraries = fc.letrec<{ tree: TreeNode[]; node: TreeNode }>((tie) => ({
  tree: fc.array(tie('node'), { maxLength: 8 }),
  node: fc.oneof(
    { maxDepth: 5 },
    fc.record({
      kind: fc.constant('file' as const),
      name,
      size: fc.oneof(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 0, max: 70_000 })),
      mode: fc.constantFrom(0o644, 0o755, 0o600, 0o444, 0o000, 0o4755, 0o2777),
      age: fc.integer({ min: 0, max: 1_900_000_000 }),
    }),
    fc.record({ kind: fc.constantFrom('sparse' as const, 'hardlink' as const, 'link' as const), name }),
    fc.record({
      kind: fc.constant('directory' as const),
      name,
      mode: fc.constantFrom(0o755, 0o700, 0o555, 0o500, 0o1777),
      nodes: tie('tree'),
    }),
  ),
}));

export const treeArbitrary: fc.Arbitrary<TreeNode[]> = arbitraries.tree;

/**
 * Makes a tree in a directory that is there.
 * @param files that hard links may be of; grows
 */
export async function plantTree(at: Buffer, nodes: readonly TreeNode[], files: Buffer[] = []): Promise<void> {
  for (const node of nodes) {
    const path = Buffer.concat([at, Buffer.from('/'), node.name]);
    // Two nodes may have one name; a path may be too long.
    const done = await plantOne(path, node, files).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST' || error.code === 'ENAMETOOLONG') return false;
        throw error;
      },
    );
    if (!done || node.kind !== 'directory') continue;
    await plantTree(path, node.nodes, files);
    await chmod(path, node.mode);
  }
}

type Leaf = Exclude<TreeNode, { kind: 'directory' }>;

async function plantOne(path: Buffer, node: TreeNode, files: Buffer[]): Promise<void> {
  if (node.kind === 'directory') return mkdir(path);
  if (node.kind === 'link') return symlink(Buffer.from('some where'), path);
  if (node.kind === 'hardlink') {
    const target = files.at(-1);
    return target === undefined ? writeFile(path, 'x', { flag: 'wx' }) : link(target, path);
  }
  await plantFile(path, node, files);
}

async function plantFile(path: Buffer, node: Leaf, files: Buffer[]): Promise<void> {
  await using file = await open(path, 'wx');
  files.push(path);
  if (node.kind !== 'file') {
    await file.write('end', 4 << 20);
    return;
  }
  await file.write(Buffer.alloc(node.size, node.name));
  await file.chmod(node.mode);
  await file.utimes(node.age, node.age);
}
