import { describe, expect, test } from 'vitest';
import { extensionOfRepository, lockedExtensions } from './lock-file.ts';
import { markerInputs } from './marker-file.ts';

const DIGEST = 'b0b26ccce7737b22f2fbedd46df6cea29097799d25ad3527ece33ee4c823dc7c';
const WORKSPACE = { paths: ['/home/me/w', '/real/w'], repositories: new Set(['me']) };

function marker(...lines: string[]): ReturnType<typeof markerInputs> {
  return markerInputs([DIGEST, ...lines, ''].join('\n'), WORKSPACE);
}

describe('marker files', () => {
  test.each<[string, { files?: string[]; directories?: string[] }]>([
    [`FILE:@@//a/b.txt ${DIGEST}`, { files: ['a/b.txt'] }],
    [
      String.raw`FILE:@@//odd\sdir/back\\slash.txt ${DIGEST}`,
      { files: [String.raw`odd dir/back\slash.txt`] },
    ],
    ['FILE:@@//absent.txt ENOENT', { files: ['absent.txt'] }],
    [`FILE://a:b.txt ${DIGEST}`, { files: ['a/b.txt'] }],
    [`FILE:@me//a:b.txt ${DIGEST}`, { files: ['a/b.txt'] }],
    [`FILE:@__main__//:b.txt ${DIGEST}`, { files: ['b.txt'] }],
    ['FILE:@//:b.txt -1234', { files: ['b.txt'] }],
    [`FILE:@@//a:b/c.txt ${DIGEST}`, { files: ['a/b/c.txt'] }],
    [`FILE:/home/me/w/x ${DIGEST}`, { files: ['x'] }],
    [`FILE:/real/w/x ${DIGEST}`, { files: ['x'] }],
    ['FILE:@@//a DIR', { files: ['a'], directories: ['a'] }],
    [`FILE:@@// ${DIGEST}`, { directories: [''] }],
    [`DIRENTS:@@//a ${DIGEST}`, { directories: ['a'] }],
    [`DIRTREE:@@//a/b ${DIGEST}`, { directories: ['a/b'] }],
    [`DIRENTS:@@// ${DIGEST}`, { directories: [''] }],
    [`FILE:/real/work/x ${DIGEST}`, {}],
    [`FILE:/etc/hostname ${DIGEST}`, {}],
    [`FILE:@@other~//a ${DIGEST}`, {}],
    [`FILE:@other//a:b ${DIGEST}`, {}],
    [String.raw`ENV:HOME \0`, {}],
    ['REPO_MAPPING:,lrepo _main~_repo_rules~lrepo', {}],
    ['STARLARK_SEMANTICS 0', {}],
    ['$MANAGED ', {}],
  ])('%s', (line, expected) => {
    expect(marker(line)).toEqual({ files: [], directories: [], doubts: [], ...expected });
  });

  test.each([
    `NEW:@@//a ${DIGEST}`,
    `FILE:a/b ${DIGEST}`,
    'no space',
    `FILE:@@//\u00e9 ${DIGEST}`,
    `FILE:@@//a\\nb ${DIGEST}`,
  ])('not understood: %s', (line) => {
    expect(marker(line).doubts).toHaveLength(1);
  });

  test.each(['', 'v2\n', `FILE:@@//a ${DIGEST}\n`])('another first line: %j', (text) => {
    expect(markerInputs(text, WORKSPACE).doubts).toHaveLength(1);
  });
});

function lock(key: string, evaluation: unknown, factors = 'general'): ReturnType<typeof lockedExtensions> {
  const moduleExtensions = { [key]: { [factors]: evaluation } };
  return lockedExtensions(JSON.stringify({ lockFileVersion: 11, moduleExtensions }), WORKSPACE);
}

function idOf(key: string): unknown {
  return lock(key, { recordedFileInputs: {} })?.[0]?.id;
}

describe('lock files', () => {
  test.each<[string, object, string[], string[]]>([
    [
      '7.1 to 8',
      {
        bzlTransitiveDigest: 'x',
        recordedFileInputs: { '@@//go.mod': DIGEST, '@@other~//x': DIGEST },
        recordedDirentsInputs: { '@@//mods': DIGEST },
      },
      ['go.mod'],
      ['mods'],
    ],
    ['7.0', { accumulatedFileDigests: { '@@//a:go.mod': DIGEST } }, ['a/go.mod'], []],
    [
      'newer',
      { recordedInputs: [`FILE:@@//a b ${DIGEST}`, 'ENV:X \\0', `DIRTREE:@@//t ${DIGEST}`] },
      ['a b'],
      ['t'],
    ],
  ])('of Bazel %s', (_version, evaluation, files, directories) => {
    expect(lock('@@rules_go~//go:extensions.bzl%go_sdk', evaluation, 'os:linux,arch:amd64')).toEqual([
      { id: { module: 'rules_go', name: 'go_sdk' }, inputs: { files, directories, doubts: [] } },
    ]);
  });

  test.each<[string, object]>([
    ['nothing known', { bzlTransitiveDigest: 'x' }],
    ['two forms at once', { recordedFileInputs: {}, recordedInputs: [] }],
    ['another type', { recordedFileInputs: ['@@//x'] }],
    ['an unknown name', { recordedFileInputs: { 'x/y': DIGEST } }],
  ])('an evaluation with %s', (_name, evaluation) => {
    expect(lock('//ext:e.bzl%e', evaluation)?.[0]?.inputs.doubts).toHaveLength(1);
  });

  test('without extensions, and what is no lock file', () => {
    expect(lockedExtensions('{}', WORKSPACE)).toEqual([]);
    for (const text of ['', '[]', '{"moduleExtensions": []}', '{"moduleExtensions": {"x": 1}}'])
      expect(lockedExtensions(text, WORKSPACE)).toBeUndefined();
  });

  test('names the extension', () => {
    expect(idOf('//ext:e.bzl%e')).toEqual({ module: '', name: 'e' });
    expect(idOf('@@//ext:e.bzl%e')).toEqual({ module: '', name: 'e' });
    expect(idOf('@@rules_java+//java:x.bzl%tools')).toEqual({ module: 'rules_java', name: 'tools' });
    expect(idOf('@@m~1.2//:x.bzl%e%<root>+proxy')).toEqual({ module: 'm', name: 'e%<root>+proxy' });
  });
});

test.each<[string, unknown]>([
  ['_main~e~repo', { module: '', name: 'e' }],
  ['+e+repo', { module: '', name: 'e' }],
  ['~e~repo', { module: '', name: 'e' }],
  ['rules_java~~toolchains~jdk', { module: 'rules_java', name: 'toolchains' }],
  ['rules_java~7.1.0~toolchains~jdk', { module: 'rules_java', name: 'toolchains' }],
  ['rules_java++toolchains+jdk', { module: 'rules_java', name: 'toolchains' }],
  ['rules_java~', undefined],
  ['rules_java~7.1.0', undefined],
  ['rules_java+', undefined],
  ['_main~_repo_rules~x', undefined],
  ['+_repo_rules2+x', undefined],
  ['rules_x~~_repo_rules~x', undefined],
  ['bazel_tools', undefined],
])('the extension of %s', (repository, id) => {
  expect(extensionOfRepository(repository)).toEqual(id);
});
