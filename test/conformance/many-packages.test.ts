import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';
import { BazelClient } from '../../src/bazel/query/bazel-client.ts';
import { queryPackages } from '../../src/bazel/query/query-packages.ts';
import { bazel, bazel4 } from '../support/bazel.ts';
import { bazelFixture } from './support/bazel-fixture.ts';
import type { FixtureFiles } from './workspaces.ts';

/** A server that forgets what it was asked answers as one that does not. */

const NAMES = Array.from({ length: 12 }, (_, at) => `pkg${at}`);
const OPTIONS = { keepGoing: true, bazelCommandOptions: [] };
const FILES: FixtureFiles = {
  WORKSPACE: '',
  'MODULE.bazel': 'module(name = "fixture")\n',
  'defs.bzl': 'def make(name):\n    native.filegroup(name = name, srcs = native.glob(["*.txt"]))\n',
  'BUILD.bazel': '',
  ...Object.fromEntries(
    NAMES.flatMap((name) => [
      [`${name}/BUILD.bazel`, 'load("//:defs.bzl", "make")\nmake("all")\n'],
      [`${name}/a.txt`, name],
    ]),
  ),
};

describe.each([
  ['Bazel 7', bazel],
  ['Bazel 4', bazel4],
])('%s', (_, program) => {
  test('many packages, forgotten afterwards, and one of them again', async () => {
    await using fixture = await bazelFixture(program(), FILES);
    const client = new BazelClient({
      workspacePath: fixture.workspace,
      bazelPath: fixture.bazel,
      startupOptions: fixture.startupOptions,
      emit: () => undefined,
    });
    const ask = async (names: readonly string[], forget?: number): Promise<string[]> => {
      const frames = await queryPackages(client, names, OPTIONS, forget);
      return [
        ...Buffer.concat(frames)
          .toString('latin1')
          .matchAll(/\/\/pkg\d+:(?:all|a\.txt|BUILD\.bazel)/g),
      ]
        .map(([label]) => label)
        .toSorted();
    };
    const kept = await ask(NAMES);
    expect(new Set(kept).size).toBe(3 * NAMES.length);
    expect(await ask(NAMES, NAMES.length - 1)).toEqual(kept);
    expect(await ask(NAMES, NAMES.length - 1)).toEqual(kept);
    expect(await ask(['pkg3'], NAMES.length - 1)).toEqual(
      kept.filter((label) => label.startsWith('//pkg3:')),
    );
  });
});
