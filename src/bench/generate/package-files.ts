import { GROUPS, layerStart, packageLayout } from './package-layout.ts';
import type { PackageLayout } from './package-layout.ts';
import type { ProjectSpec } from './project-spec.ts';
import { random } from './random.ts';
import type { Random } from './random.ts';

export interface PlannedFile {
  /** Relative to the root of the project, with `/`. */
  path: string;
  content: string;
}

export interface PackageEdits {
  /** Value of `revision` of `lib_0`; 1 at the base commit. */
  revision?: number;
}

/** Packages to either side of the same relative position in the layer below that a package may depend on. */
const NEIGHBOURS = 8;

/** Every file of one package. Deterministic, and independent of every other package. */
export function packageFiles(spec: ProjectSpec, index: number, edits: PackageEdits = {}): PlannedFile[] {
  const layout = packageLayout(spec, index);
  const numbers = random(spec.seed, index);
  const files: PlannedFile[] = [
    { path: `${layout.path}/BUILD.bazel`, content: buildFile(spec, layout, numbers, edits) },
  ];
  for (const [library, sources] of layout.shape.librarySources.entries())
    for (let source = 0; source < sources; source++)
      files.push(textFile(layout, sourceName(library, source), numbers));
  if (layout.shape.globbed)
    for (const name of ['a', 'b']) files.push(textFile(layout, `data/${name}.txt`, numbers));
  return files;
}

/** Name of the nth source file of a library, relative to its package. */
export function sourceName(library: number, source: number): string {
  return `lib_${library}_part_${source}.txt`;
}

function textFile(layout: PackageLayout, name: string, numbers: Random): PlannedFile {
  const lines = Array.from({ length: 2 + numbers.below(6) }, () => numbers.below(2 ** 32).toString(16));
  return { path: `${layout.path}/${name}`, content: `${layout.path}/${name}\n${lines.join('\n')}\n` };
}

function buildFile(spec: ProjectSpec, layout: PackageLayout, numbers: Random, edits: PackageEdits): string {
  const { shape } = layout;
  const blocks = [loads(layout), 'package(default_visibility = ["//visibility:public"])'];
  for (const [library, sources] of shape.librarySources.entries()) {
    blocks.push(
      call('library', [
        ['name', quote(`lib_${library}`)],
        ['srcs', list(Array.from({ length: sources }, (_, source) => sourceName(library, source)))],
        ['deps', list(libraryDeps(spec, layout, library, numbers))],
        ['revision', String(library === 0 ? (edits.revision ?? 1) : 1)],
        ...(layout.versioned && library === 0 ? ([['version', 'VERSION']] as const) : []),
      ]),
    );
  }
  for (let text = 0; text < shape.generatedTexts; text++) {
    blocks.push(
      call('generated_text', [
        ['name', quote(`gen_${text}`)],
        ['srcs', list(generatedSources(spec, layout, text, numbers))],
        ['out', quote(`gen_${text}.txt`)],
      ]),
    );
  }
  if (shape.globbed)
    blocks.push(
      call('filegroup', [
        ['name', quote('data')],
        ['srcs', 'glob(["data/*.txt"])'],
      ]),
    );
  return `${blocks.join('\n\n')}\n`;
}

function loads(layout: PackageLayout): string {
  const lines = [`load("//build/defs:group_${layout.group % GROUPS}.bzl", "library")`];
  if (layout.shape.generatedTexts > 0) lines.push('load("//build/defs:generated.bzl", "generated_text")');
  if (layout.versioned) lines.push('load("//build/defs:version.bzl", "VERSION")');
  return lines.join('\n');
}

/** The package straight below first, so that every library of the lower layers has something that depends on it. */
function libraryDeps(spec: ProjectSpec, layout: PackageLayout, library: number, numbers: Random): string[] {
  const deps = new Set<string>();
  if (library > 0) deps.add(`:lib_${library - 1}`);
  if (layout.shape.globbed && library === 0) deps.add(':data');
  if (layout.layer === 0) return [...deps];
  for (let n = library === 0 ? 1 + numbers.below(2) : numbers.below(2); n >= 0; n--) {
    const below = packageBelow(spec, layout, n === 0 && library === 0 ? undefined : numbers);
    deps.add(`//${below.path}:lib_${numbers.below(below.shape.librarySources.length)}`);
    if (below.shape.globbed && numbers.below(4) === 0) deps.add(`//${below.path}:data`);
  }
  return [...deps];
}

function generatedSources(spec: ProjectSpec, layout: PackageLayout, text: number, numbers: Random): string[] {
  const sources = [text === 0 ? sourceName(0, 0) : `:gen_${text - 1}.txt`];
  if (layout.layer === 0) return sources;
  const below = packageBelow(spec, layout, numbers);
  sources.push(
    below.shape.generatedTexts > 0
      ? `//${below.path}:gen_${numbers.below(below.shape.generatedTexts)}.txt`
      : `//${below.path}:lib_0`,
  );
  return sources;
}

/** A package of the layer below near the same relative position; exactly there without `numbers`. */
function packageBelow(spec: ProjectSpec, layout: PackageLayout, numbers: Random | undefined): PackageLayout {
  const first = layerStart(spec, layout.layer - 1);
  const size = layerStart(spec, layout.layer) - first;
  const own = layerStart(spec, layout.layer + 1) - layerStart(spec, layout.layer);
  const shift = numbers === undefined ? 0 : numbers.below(2 * NEIGHBOURS + 1) - NEIGHBOURS;
  const position = Math.floor((layout.position * size) / own) + shift;
  return packageLayout(spec, first + (((position % size) + size) % size));
}

function call(rule: string, attributes: readonly (readonly [string, string])[]): string {
  return `${rule}(\n${attributes.map(([name, value]) => `    ${name} = ${value},\n`).join('')})`;
}

function list(items: readonly string[]): string {
  if (items.length < 2) return `[${items.map(quote).join('')}]`;
  return `[\n${items.map((item) => `        ${quote(item)},\n`).join('')}    ]`;
}

function quote(text: string): string {
  return JSON.stringify(text);
}
