import { mainRepoSpelling } from '../labels.ts';
import type { KnownLoads } from './known-loads.ts';
import { LoadGraph } from './load-graph.ts';
import type { LoadGraphInput, LoadingFile } from './load-graph.ts';
import { repositoryRoots } from './repository-roots.ts';

export interface TextLoadersInput extends LoadGraphInput {
  /** Labels of the BUILD files, as Bazel prints them. */
  buildFiles: readonly string[];
  /** Module and workspace files of the main repository, relative to it. */
  moduleFiles: readonly string[];
}

export interface TextLoaders {
  loads: KnownLoads;
  /**
   * Files of the main repository that module extensions, repository rules, WORKSPACE files and the prelude load, also
   * by way of other repositories.
   */
  repositoryBzl: string[];
}

/**
 * Which packages load which .bzl and .scl files of the main repository, directly or not, by the text of their load
 * statements: Bazel prints the loads of a package only when its file is called BUILD, not BUILD.bazel. May find too much,
 * and never too little, in a graph without errors.
 * @returns a text when it cannot be known: why
 */
export async function textLoaders(input: TextLoadersInput): Promise<TextLoaders | string> {
  const graph = new LoadGraph(input);
  const packages = await packagesOf(input, graph);
  await graph.follow(packages.flatMap(({ files }) => files));
  const lost = packages.find(({ files }) => files.every((file) => graph.isMissing(file)));
  if (lost !== undefined) return `the file ${lost.label} is not where it was expected`;
  const why = graph.doubts[0] ?? graph.absent[0];
  if (why !== undefined) return why;
  const loads = knownLoads(packages, graph);
  // What a repository that was never fetched would load has not been used.
  const roots = await repositoryRoots(input, graph);
  await graph.follow(roots);
  if (graph.doubts[0] !== undefined) return graph.doubts[0];
  return { loads, repositoryBzl: mainFilesOf(roots, graph) };
}

interface Package {
  /** Of its BUILD file. */
  label: string;
  /** Directory, or label with `@`. */
  name: string;
  /** BUILD files: it is one of these. */
  files: readonly LoadingFile[];
}

async function packagesOf({ buildFiles }: TextLoadersInput, graph: LoadGraph): Promise<Package[]> {
  const packages: Package[] = [];
  for (const label of buildFiles) {
    const files = await graph.filesOf(label, { repository: '', package: '', path: label });
    const name = mainRepoSpelling(label.slice(0, label.lastIndexOf(':')));
    packages.push({ label, name: name.startsWith('//') ? name.slice(2) : name, files });
  }
  return packages;
}

function knownLoads(packages: readonly Package[], graph: LoadGraph): KnownLoads {
  const numbers = new Map<string, number>();
  const files: LoadingFile[] = [];
  const numberOf = (file: LoadingFile): number => {
    const key = `${file.package}:${file.path}`;
    const known = numbers.get(key) ?? files.push(file) - 1;
    numbers.set(key, known);
    return known;
  };
  const packageLoads = packages.map((one) =>
    one.files.flatMap((file) => graph.mainLoadsOf(file)).map(numberOf),
  );
  const fileLoads: number[][] = [];
  // Grows while it is walked through.
  for (const file of files) fileLoads.push(graph.mainLoadsOf(file).map(numberOf));
  return {
    files: files.map(({ path }) => path),
    fileLoads,
    packages: packages.map(({ name }) => name),
    packageLoads,
  };
}

function mainFilesOf(roots: readonly LoadingFile[], graph: LoadGraph): string[] {
  const found = new Set<string>();
  const open = roots.flatMap((root) => (root.repository === '' ? [root] : graph.mainLoadsOf(root)));
  const seen = new Set<string>();
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    const key = `${file.package}:${file.path}`;
    if (seen.has(key)) continue;
    seen.add(key);
    found.add(file.path);
    open.push(...graph.mainLoadsOf(file));
  }
  return [...found];
}
