import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { DewarError } from '../../core/errors.ts';
import { countTargets, projectSpec, projectSpecOfTargets } from './project-spec.ts';

const spec = { packages: 10, targetsPerPackage: 10, layers: 3, seed: 1 };

test.each([
  [{ packages: 0 }, 'packages is 0'],
  [{ packages: 2.5 }, 'packages is 2.5'],
  [{ packages: Number.NaN }, 'packages is NaN'],
  [{ packages: 1e9 }, 'packages is 1000000000'],
  [{ targetsPerPackage: 5 }, 'targetsPerPackage is 5'],
  [{ layers: 0 }, 'layers is 0'],
  [{ layers: 11 }, '11 layers cannot be filled by 10 packages'],
  [{ seed: -1 }, 'seed is -1'],
])('refuses %j', (change, message) => {
  const refused = (): unknown => projectSpec({ ...spec, ...change });
  expect(refused).toThrow(DewarError);
  expect(refused).toThrow(message);
});

test('comes within one package of any number of targets', () => {
  fc.assert(
    fc.property(fc.integer({ min: 10, max: 4_000_000 }), (targets) => {
      const found = countTargets(projectSpecOfTargets(targets, 1));
      expect(Math.abs(found - targets)).toBeLessThanOrEqual(10);
    }),
  );
});

test.each([0, 3, Number.NaN, 1e9])('refuses %d targets', (targets) => {
  expect(() => projectSpecOfTargets(targets, 1)).toThrow('cannot be generated');
});
