import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { packageFiles } from './package-files.ts';
import { packageLayout, packageShape } from './package-layout.ts';
import type { ProjectSpec } from './project-spec.ts';

const specs: fc.Arbitrary<ProjectSpec> = fc
  .record({
    packages: fc.integer({ min: 1, max: 120 }),
    targetsPerPackage: fc.integer({ min: 6, max: 40 }),
    layers: fc.integer({ min: 1, max: 120 }),
    seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  })
  .map((spec) => ({ ...spec, layers: Math.min(spec.layers, spec.packages) }));

test('a package holds exactly the number of targets asked for', () => {
  fc.assert(
    fc.property(fc.integer({ min: 6, max: 1000 }), fc.boolean(), (targets, globbed) => {
      const shape = packageShape(targets, globbed);
      const sources = shape.librarySources.reduce((sum, count) => sum + count, 0);
      const libraries = shape.librarySources.length;
      expect(1 + libraries + sources + 2 * shape.generatedTexts + (globbed ? 3 : 0)).toBe(targets);
      expect(Math.min(...shape.librarySources)).toBeGreaterThan(0);
    }),
  );
});

test('every label that a BUILD file names exists, in the same package or in the layer below', () => {
  fc.assert(
    fc.property(specs, (spec) => {
      const files = Array.from({ length: spec.packages }, (_, index) => packageFiles(spec, index));
      const labels = new Set(files.flatMap((own) => own.flatMap(labelsOf)));
      const wrong = files.flatMap((own, index) => {
        const { layer, path } = packageLayout(spec, index);
        return labelsNamed(own[0]?.content ?? '', path).filter(
          (named) =>
            !labels.has(named) ||
            ![`//${path}:`, `//layer${layer - 1}/`].some((prefix) => named.startsWith(prefix)),
        );
      });
      expect(wrong).toEqual([]);
      expect(packageLayout(spec, spec.packages - 1).layer).toBe(spec.layers - 1);
    }),
    { numRuns: 50 },
  );
});

test('files do not depend on what was planned before, and another seed gives others', () => {
  const spec: ProjectSpec = { packages: 40, targetsPerPackage: 10, layers: 4, seed: 7 };
  const forwards = Array.from({ length: 40 }, (_, index) => packageFiles(spec, index));
  const backwards = Array.from({ length: 40 }, (_, index) => packageFiles(spec, 39 - index)).toReversed();
  expect(backwards).toEqual(forwards);
  expect(packageFiles({ ...spec, seed: 8 }, 20)).not.toEqual(forwards[20]);
});

/** Labels that a file brings: the file itself, and for a BUILD file its rules and outputs. */
function labelsOf(file: { path: string; content: string }): string[] {
  const [, path = '', name = ''] = /^(layer\d+\/pkg\d+)\/(.*)$/.exec(file.path) ?? [];
  const declared = [...file.content.matchAll(/(?:name|out) = "([^"]+)"/g)].map((match) => match[1] ?? '');
  return [name, ...declared].map((target) => `//${path}:${target}`);
}

function labelsNamed(build: string, path: string): string[] {
  const lists = [...build.matchAll(/(?:srcs|deps) = \[([^\]]*)\]/g)].map((match) => match[1] ?? '');
  const names = lists.flatMap((items) => [...items.matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? ''));
  return names.map((name) => (name.startsWith('//') ? name : `//${path}:${name.replace(/^:/, '')}`));
}
