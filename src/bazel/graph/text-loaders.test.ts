import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadersIn } from './known-loads.ts';
import { namesOfMain } from './names-of-main.ts';
import type { RepositoryFiles } from './repository-files.ts';
import { textLoaders } from './text-loaders.ts';
import type { TextLoaders } from './text-loaders.ts';

/** By `@@repository//path`, or path in the main repository. */
type Files = Record<string, string>;

const MAIN_NAMES = new Set(['me', 'mine']);
const MODULE_FILES = ['MODULE.bazel', 'WORKSPACE'];

function inMemory(files: Files): RepositoryFiles {
  const names = Object.keys(files).flatMap((key) => /^@@(.+?)\/\//.exec(key)?.[1] ?? []);
  const others = [...new Set(names)];
  const textOf = (repository: string, path: string): string | undefined =>
    files[repository === '' ? path : `@@${repository}//${path}`];
  return {
    others: () => Promise.resolve(others),
    holding: (path) => Promise.resolve(others.filter((name) => textOf(name, path) !== undefined)),
    read: (repository, path) => {
      const text = textOf(repository, path);
      return Promise.resolve(text === undefined ? undefined : Buffer.from(text));
    },
  };
}

async function scan(
  texts: Files,
  buildFiles: readonly string[] = mainBuildFiles(texts),
): Promise<TextLoaders | string> {
  const files = inMemory(texts);
  const names = await namesOfMain(files, MODULE_FILES, MAIN_NAMES);
  return textLoaders({ files, mainNames: MAIN_NAMES, ...names, moduleFiles: MODULE_FILES, buildFiles });
}

function mainBuildFiles(texts: Files): string[] {
  return Object.keys(texts).flatMap((path) => {
    const directory = /^(?!@)(?:(.*)\/)?BUILD\.bazel$/.exec(path);
    return directory === null ? [] : [`//${directory[1] ?? ''}:BUILD.bazel`];
  });
}

/** @returns packages by file of the main repository */
function byFile(found: TextLoaders | string): Record<string, string[]> {
  if (typeof found === 'string') throw new Error(found);
  const loaders = loadersIn(found.loads);
  return Object.fromEntries(found.loads.files.map((path) => [path, loaders((one) => one === path)]));
}

describe('packages of BUILD.bazel files by what they load', () => {
  test.each<[string, Files, Record<string, string[]>]>([
    [
      'directly or not, in a circle, and what is missing',
      {
        'BUILD.bazel': 'load("//a:x.bzl", "x")',
        'a/BUILD.bazel': 'load(\n  # the first\n  ":x.bzl",\n  y = "x",\n)',
        'a/x.bzl': 'load("//b:deep/y.bzl", "y")\nload("//a:values.scl", "v")',
        'b/BUILD.bazel': '# load("//a:x.bzl", "x")\nX = "load(\'//a:x.bzl\')"',
        'b/deep/y.bzl': 'load(":near.bzl", "n")\nload("//b:deep/y.bzl", "y")',
        'b/near.bzl': '',
      },
      { 'a/x.bzl': ['', 'a'], 'a/values.scl': ['', 'a'], 'b/deep/y.bzl': ['', 'a'], 'b/near.bzl': ['', 'a'] },
    ],
    [
      'by any name of the main repository',
      {
        'a/BUILD.bazel': ['@', '@@', '@me', '@mine', '@__main__', '@@_main']
          .map((name, at) => `load("${name}//l:x${at}.bzl", "x")`)
          .join('\n'),
      },
      Object.fromEntries([0, 1, 2, 3, 4, 5].map((at) => [`l/x${at}.bzl`, ['a']])),
    ],
    [
      'by labels with escapes',
      { 'a/BUILD.bazel': String.raw`load("\057/l:\x78.b\u007al", "x")` + '\nload(r"//l:y.bzl", "y")' },
      { 'l/x.bzl': ['a'], 'l/y.bzl': ['a'] },
    ],
    [
      'by way of another repository, of whatever name',
      {
        'a/BUILD.bazel': 'load("@lr//:w.bzl", "w")',
        'b/BUILD.bazel': 'load("@@_main~_repo_rules~lr//:sub/v.bzl", "v")',
        'c/BUILD.bazel': 'load("@other//:o.bzl", "o")',
        '@@_main~_repo_rules~lr//w.bzl': 'load(":sub/v.bzl", "v")',
        '@@_main~_repo_rules~lr//sub/v.bzl': 'load("@third//t:t.bzl", "t")',
        '@@third+//t/t.bzl': 'load("@@//l:x.bzl", "x")\nload("@lr//:w.bzl", "w")',
        '@@other//o.bzl': '',
        'l/x.bzl': 'load("@other2//:o2.bzl", "o")',
        '@@other2//o2.bzl': 'load("@//l:y.bzl", "y")',
      },
      { 'l/x.bzl': ['a', 'b'], 'l/y.bzl': ['a', 'b'] },
    ],
    [
      'by way of a module that calls the main one by another name',
      {
        'a/BUILD.bazel': 'load("@lm//:w.bzl", "w")',
        '@@lm~//MODULE.bazel':
          'module(name = "lm")\nbazel_dep(name = "me", version = "1", repo_name = "renamed")',
        '@@lm~//w.bzl': 'load("@renamed//l:x.bzl", "x")',
        '@@third~//l/x.bzl': '',
        'l/x.bzl': '',
      },
      { 'l/x.bzl': ['a'] },
    ],
    [
      'by a name that nobody else has the file for',
      {
        'a/BUILD.bazel': 'load("@lm//:w.bzl", "w")',
        '@@lm~//w.bzl': 'load("@who//l:x.bzl", "x")',
        'l/x.bzl': '',
      },
      { 'l/x.bzl': ['a'] },
    ],
    [
      'not by names that other repositories have',
      {
        'a/BUILD.bazel': 'load("@lm//:w.bzl", "w")\nload("@who//l:x.bzl", "x")',
        '@@lm~//w.bzl': 'load("@who//l:x.bzl", "x")',
        '@@who~//l/x.bzl': '',
        'l/x.bzl': '',
      },
      {},
    ],
    [
      'by names that other repositories have, when a WORKSPACE may give any name',
      {
        WORKSPACE: 'workspace(name = "me")\nlocal_repository(name = "lm", repo_mapping = {"@who": "@me"})',
        'a/BUILD.bazel': 'load("@lm//:w.bzl", "w")',
        'b/BUILD.bazel': 'load("@who//l:x.bzl", "x")',
        '@@lm//w.bzl': 'load("@who//l:x.bzl", "x")',
        '@@who//l/x.bzl': '',
        'l/x.bzl': '',
      },
      { 'l/x.bzl': ['a'] },
    ],
    [
      'by way of all that may have the name',
      {
        'a/BUILD.bazel': 'load("@lr//:w.bzl", "w")',
        'b/BUILD.bazel': 'load("@me//l:z.bzl", "w")',
        '@@r1//w.bzl': '',
        '@@r2//w.bzl': 'load("@@//l:x.bzl", "x")',
        '@@r3//w.bzl': 'load("@@//l:y.bzl", "y")',
        '@@r3//l/z.bzl': 'load(":y.bzl", "y")',
        '@@r3//l/y.bzl': 'load("@@//l:y.bzl", "y")',
      },
      { 'l/x.bzl': ['a'], 'l/y.bzl': ['a', 'b'], 'l/z.bzl': ['b'] },
    ],
    [
      'by one path in two packages',
      {
        'a/BUILD.bazel': 'load("@r//q:b/x.bzl", "x")',
        'b/BUILD.bazel': 'load("@r//q/b:x.bzl", "x")',
        '@@r//q/b/x.bzl': 'load(":y.bzl", "y")',
        '@@r//q/y.bzl': 'load("@@//l:1.bzl", "x")',
        '@@r//q/b/y.bzl': 'load("@@//l:2.bzl", "x")',
      },
      { 'l/1.bzl': ['a'], 'l/2.bzl': ['b'] },
    ],
    [
      'by any name, when a module does not plainly say what it calls the main one',
      {
        'a/BUILD.bazel': 'load("@lm//:w.bzl", "w")',
        '@@lm~//MODULE.bazel': 'bazel_dep(name = "me", repo_name = NAME)',
        '@@lm~//w.bzl': 'load("@who//l:x.bzl", "x")',
        '@@who~//l/x.bzl': '',
        'l/x.bzl': '',
      },
      { 'l/x.bzl': ['a'] },
    ],
    [
      'by names that other repositories have, when a module file may give any name',
      {
        'MODULE.bazel': 'e = use_extension("//:e.bzl", "e")\noverride_repo(e, who = "me")',
        'b/BUILD.bazel': 'load("@who//l:x.bzl", "x")',
        '@@who//l/x.bzl': '',
        'l/x.bzl': '',
      },
      { 'l/x.bzl': ['b'] },
    ],
  ])('%s', async (_name, files, expected) => {
    const result = await scan(files);
    expect(byFile(result)).toEqual(expected);
  });

  test('of other repositories too', async () => {
    const files = {
      '@@lr~//BUILD.bazel': 'load("@@//l:x.bzl", "x")',
      '@@lr~//p/BUILD.bazel': 'load("//:w.bzl", "w")',
      '@@lr~//w.bzl': 'load("@me//l:y.bzl", "y")',
    };
    expect(byFile(await scan(files, ['@@lr~//:BUILD.bazel', '@lr//p:BUILD.bazel']))).toEqual({
      'l/x.bzl': ['@@lr~//'],
      'l/y.bzl': ['@lr//p'],
    });
  });

  test.each<[string, Files]>([
    ['a load in a/BUILD.bazel is not', { 'a/BUILD.bazel': 'load("//l" + ":x.bzl", "x")' }],
    ['a load in l/x.bzl is not', { 'a/BUILD.bazel': 'load("//l:x.bzl", "x")', 'l/x.bzl': 'load(X, "x")' }],
    [
      'a load in @@lr~//w.bzl is not',
      { 'a/BUILD.bazel': 'load("@lr//:w.bzl", "w")', '@@lr~//w.bzl': 'load(*X)' },
    ],
    ['loads a:b:c.bzl, which is no label', { 'a/BUILD.bazel': 'load("a:b:c.bzl", "x")' }],
    ['loads @gone//:w.bzl, of a repository that is not', { 'a/BUILD.bazel': 'load("@gone//:w.bzl", "w")' }],
    ['loads @@gone//:w.bzl, of a', { 'a/BUILD.bazel': 'load("@@gone//:w.bzl", "w")', '@@x//w.bzl': '' }],
    [
      'a load in @@lm~//rule.bzl is not',
      { '@@lm~//MODULE.bazel': 'use_repo_rule("//:rule.bzl", "r")', '@@lm~//rule.bzl': 'load(X)' },
    ],
  ])('not known: %s', async (why, files) => {
    expect(await scan(files)).toContain(why);
  });

  test.each(['//a:BUILD.bazel', '@@r//:BUILD.bazel', '@r//a:BUILD.bazel'])(
    'not known: no %s',
    async (label) => {
      expect(await scan({ 'b/BUILD.bazel': '' }, ['//b:BUILD.bazel', label])).toContain(
        `the file ${label} is`,
      );
    },
  );

  test('a doubtful file that nobody loads is none', async () => {
    const files = {
      'a/BUILD.bazel': 'load("//l:x.bzl", "x")',
      'l/y.bzl': 'load(X)',
      '@@r//w.bzl': 'load(X)',
    };
    expect(byFile(await scan(files))).toEqual({ 'l/x.bzl': ['a'] });
  });
});

test('what extensions, repository rules, WORKSPACE and prelude load by way of other repositories', async () => {
  const found = await scan({
    'MODULE.bazel': 'use_extension("@lr//:e.bzl", "e")\nuse_extension("@unused//:e.bzl", "e")',
    WORKSPACE: 'load("@lr//:deps.bzl", "deps")',
    'tools/build_rules/prelude_bazel': 'load("//p:p.bzl", "p")',
    'p/p.bzl': 'load("@lr//:v.bzl", "v")',
    '@@lr~//e.bzl': 'load("@@//m:e.bzl", "e")',
    '@@lr~//deps.bzl': 'load("@@//m:deps.bzl", "e")',
    '@@lr~//v.bzl': 'load("@@//m:v.bzl", "e")',
    '@@lr~//w.bzl': 'load("@@//m:w.bzl", "e")',
    '@@lm~//MODULE.bazel': 'use_repo_rule("//:rule.bzl", "r")',
    '@@lm~//rule.bzl': 'load("@@//m:rule.bzl", "r")',
    'm/rule.bzl': 'load(":more.bzl", "m")',
  });
  if (typeof found === 'string') throw new Error(found);
  const names = ['deps', 'e', 'more', 'rule', 'v'].map((name) => `m/${name}.bzl`);
  expect(found.repositoryBzl.toSorted()).toEqual([...names, 'p/p.bzl']);
});

/** A random graph of loads: by file, its repository and which files it loads, each by some spelling of its label. */
interface Load {
  to: number;
  spelling: number;
}
const REPOSITORIES = ['', '', '', 'lr~', 'lm+', '_main~ext~gen'];
const FILE_COUNT = 12;
const PACKAGE_COUNT = 4;
const loadArbitrary: fc.Arbitrary<Load> = fc.record({ to: fc.nat(FILE_COUNT - 1), spelling: fc.nat(5) });
const graphArbitrary: fc.Arbitrary<{ homes: number[]; loads: Load[][] }> = fc.record({
  homes: fc.array(fc.nat(REPOSITORIES.length - 1), { minLength: FILE_COUNT, maxLength: FILE_COUNT }),
  loads: fc.array(fc.array(loadArbitrary, { maxLength: 3 }), {
    minLength: FILE_COUNT + PACKAGE_COUNT,
    maxLength: FILE_COUNT + PACKAGE_COUNT,
  }),
});

test('random graphs: all packages that load a file, and no others where each path is of one repository', async () => {
  await fc.assert(
    fc.asyncProperty(graphArbitrary, fc.boolean(), async ({ homes, loads }, areUnique) => {
      const repositoryOf = (file: number): string =>
        file < FILE_COUNT ? (REPOSITORIES[homes[file] ?? 0] ?? '') : '';
      // Files of one name in many repositories when names need not be unique.
      const nameOf = (file: number): string =>
        repositoryOf(file) === '' || areUnique ? `unique${file}.bzl` : `same${file % 2}.bzl`;
      const textOf = (file: number): string =>
        (loads[file] ?? []).map((load) => `load("${spelled(file, load)}", "x")`).join('\n');
      const spelled = (from: number, { to, spelling }: Load): string => {
        const [home, target] = [repositoryOf(from), repositoryOf(to)];
        const inPackage = directoryOf(from) === directoryOf(to);
        const path = `//${directoryOf(to)}:${nameOf(to)}`;
        const isSame = home === target;
        if (isSame && inPackage && spelling < 2) return `:${nameOf(to)}`;
        if (isSame && spelling < 4) return path;
        if (target === '') return `${['@', '@@', '@me', '@mine'][spelling % 4] ?? ''}${path}`;
        return spelling < 3 ? `@@${target}${path}` : `@${['apparent', 'any'][spelling % 2] ?? ''}${path}`;
      };
      const texts: Files = {};
      for (let file = 0; file < FILE_COUNT + PACKAGE_COUNT; file++) {
        const name = file < FILE_COUNT ? nameOf(file) : 'BUILD.bazel';
        const prefix = repositoryOf(file) === '' ? '' : `@@${repositoryOf(file)}//`;
        const key = `${prefix}${directoryOf(file)}/${name}`;
        texts[key] = `${texts[key] ?? ''}\n${textOf(file)}`;
      }
      const found = byFile(await scan(texts));
      const pairs = Object.entries(found).flatMap(([path, users]) => users.map((user) => `${path} ${user}`));
      const expected = Array.from({ length: PACKAGE_COUNT }, (_, at) => FILE_COUNT + at).flatMap((user) =>
        closureOf(user, loads)
          .filter((file) => repositoryOf(file) === '')
          .map((file) => `${directoryOf(file)}/${nameOf(file)} ${directoryOf(user)}`),
      );
      expect(pairs).toEqual(expect.arrayContaining(expected));
      expect(pairs.length).toBeGreaterThanOrEqual(expected.length);
      expect(areUnique ? pairs.toSorted() : []).toEqual(areUnique ? expected.toSorted() : []);
    }),
    { numRuns: 300 },
  );
});

function directoryOf(file: number): string {
  return file < FILE_COUNT ? `d${file % 3}` : `p${file}`;
}

/** Found by walking, file by file. */
function closureOf(start: number, loads: readonly Load[][]): number[] {
  const found = new Set((loads[start] ?? []).map(({ to }) => to));
  for (const file of found) for (const { to } of loads[file] ?? []) found.add(to);
  return [...found];
}
