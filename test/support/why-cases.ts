import { expect } from 'vitest';
import { APP, FILES, LIB, PUBLIC } from './why-workspace.ts';

/** An edit, and the true reason of some targets: the chain from the root on, and what changed there. */
export interface WhyCase {
  name: string;
  files: Record<string, string | undefined>;
  why: Record<string, { chain: string[]; changes: unknown[] } | 'unchanged' | 'removed'>;
}

const TO_TOP = ['//lib:gen', '//lib:gen.out', '//app:app', '//app:top'];
const content = (label: string, file: string): object => ({ kind: 'file', label, file, event: 'content' });
export const MACRO_BZL: object = { kind: 'bzl', file: 'defs/macro.bzl', event: 'content' };

export const WHY_CASES: WhyCase[] = [
  {
    name: 'content of a file',
    files: { 'lib/a.txt': 'a2\n' },
    why: {
      '//app:top': { chain: ['//lib:files', ...TO_TOP], changes: [content('//lib:a.txt', 'lib/a.txt')] },
      '//lib:a.txt': { chain: ['//lib:a.txt'], changes: [content('//lib:a.txt', 'lib/a.txt')] },
      '//lib:cust': { chain: ['//lib:cust'], changes: [content('//lib:a.txt', 'lib/a.txt')] },
      '//app:alone': 'unchanged',
      '//lib:made': 'unchanged',
    },
  },
  {
    name: 'executable bit',
    files: {},
    why: {
      '//app:top': {
        chain: ['//lib:files', ...TO_TOP],
        changes: [{ kind: 'file', label: '//lib:b.txt', file: 'lib/b.txt', event: 'mode' }],
      },
    },
  },
  {
    name: 'attribute in a BUILD file',
    files: { 'lib/BUILD': LIB.replace('cat $(SRCS)', 'cat -n $(SRCS)').replace('n = 1', 'n = -2') },
    why: {
      '//app:top': {
        chain: TO_TOP,
        changes: [
          { kind: 'attribute', name: 'cmd', before: 'cat $(SRCS) > $@', after: 'cat -n $(SRCS) > $@' },
        ],
      },
      '//lib:cust': {
        chain: ['//lib:cust'],
        changes: [{ kind: 'attribute', name: 'n', before: 1, after: -2 }],
      },
    },
  },
  {
    name: 'attribute set to the value that it has by default',
    files: { 'lib/BUILD': LIB.replace('thing(name = "made"', 'thing(name = "made", testonly = False') },
    why: {
      '//lib:made': {
        chain: ['//lib:made'],
        changes: [
          {
            kind: 'attribute',
            name: 'testonly',
            before: false,
            after: false,
            explicit: { before: false, after: true },
          },
        ],
      },
    },
  },
  {
    name: '.bzl file that changes what a macro makes',
    files: { 'defs/macro.bzl': FILES['defs/macro.bzl']!.replace('echo one', 'echo two') },
    why: {
      '//app:top': {
        chain: ['//lib:made', '//app:app', '//app:top'],
        changes: [
          { kind: 'attribute', name: 'cmd', before: 'echo one > $@', after: 'echo two > $@' },
          MACRO_BZL,
        ],
      },
      '//lib:cust': 'unchanged',
    },
  },
  {
    name: '.bzl file that changes, with the same result',
    files: { 'defs/macro.bzl': `${FILES['defs/macro.bzl']}# more\n` },
    why: {
      '//app:top': { chain: ['//lib:made', '//app:app', '//app:top'], changes: [MACRO_BZL] },
      '//lib:cust': 'unchanged',
    },
  },
  {
    name: '.bzl file that the code of a rule loads',
    files: { 'defs/helper.bzl': 'VALUE = 2\n' },
    why: {
      '//lib:cust': {
        chain: ['//lib:cust'],
        changes: [
          {
            kind: 'implementation',
            definedIn: expect.stringMatching(/^defs\/rule\.bzl:4:/),
            files: ['defs/helper.bzl'],
          },
        ],
      },
      '//lib:made': 'unchanged',
    },
  },
  {
    name: '.bzl file that loads another one',
    files: {
      'defs/macro.bzl': `load(":new.bzl", "X")\n${FILES['defs/macro.bzl']}`,
      'defs/new.bzl': 'X = 1\n',
    },
    why: {
      '//lib:BUILD': {
        chain: ['//lib:BUILD'],
        changes: [{ kind: 'loads', label: '//lib:BUILD', added: ['//defs:new.bzl'], removed: [] }],
      },
    },
  },
  {
    name: 'rule of another class',
    files: { 'lib/BUILD': LIB.replace(/^custom\((.*) n = 1,/m, 'filegroup($1') },
    why: {
      '//lib:cust': {
        chain: ['//lib:cust'],
        changes: [
          { kind: 'rule-class', before: 'custom', after: 'filegroup' },
          { kind: 'attribute', name: 'n', before: 1, after: null },
        ],
      },
    },
  },
  {
    name: 'file that a glob sees',
    files: { 'lib/new.txt': 'new\n' },
    why: {
      '//app:top': {
        chain: ['//lib:files', ...TO_TOP],
        changes: [
          expect.objectContaining({ kind: 'attribute', name: 'srcs', added: ['//lib:new.txt'], removed: [] }),
          { kind: 'input-added', label: '//lib:new.txt', type: 'SourceFile' },
          { kind: 'file', label: '//lib:new.txt', file: 'lib/new.txt', event: 'added' },
        ],
      },
      '//lib:new.txt': {
        chain: ['//lib:new.txt'],
        changes: [
          { kind: 'target-added', type: 'SourceFile' },
          { kind: 'file', label: '//lib:new.txt', file: 'lib/new.txt', event: 'added' },
        ],
      },
    },
  },
  {
    name: 'file removed from a glob',
    files: { 'lib/b.txt': undefined },
    why: {
      '//app:top': {
        chain: ['//lib:files', ...TO_TOP],
        changes: [
          expect.objectContaining({ kind: 'attribute', name: 'srcs', added: [], removed: ['//lib:b.txt'] }),
          { kind: 'input-removed', label: '//lib:b.txt', type: 'SourceFile' },
          { kind: 'file', label: '//lib:b.txt', file: 'lib/b.txt', event: 'removed' },
        ],
      },
      '//lib:b.txt': 'removed',
    },
  },
  {
    name: 'file removed that a rule still names',
    files: { 'app/data.txt': undefined },
    why: {
      '//app:alone': {
        chain: ['//app:alone'],
        changes: [{ kind: 'file', label: '//app:data.txt', file: 'app/data.txt', event: 'removed' }],
      },
    },
  },
  {
    name: 'package added, and used',
    files: {
      'new/BUILD': `filegroup(name = "x", ${PUBLIC})\n`,
      'app/BUILD': APP.replace('"//old:x"', '"//old:x", "//new:x"'),
    },
    why: {
      '//new:x': {
        chain: ['//new:x'],
        changes: [
          { kind: 'package-added', package: '//new' },
          { kind: 'target-added', type: 'Rule' },
        ],
      },
      '//app:top': {
        chain: ['//app:app', '//app:top'],
        changes: [
          expect.objectContaining({ kind: 'attribute', name: 'srcs', added: ['//new:x'] }),
          { kind: 'input-added', label: '//new:x', type: 'Rule' },
        ],
      },
    },
  },
  {
    name: 'package removed, and its users with it',
    files: { 'old/BUILD': undefined, 'old/x': undefined, 'app/BUILD': APP.replace(', "//old:x"', '') },
    why: {
      '//old:x': 'removed',
      '//app:app': {
        chain: ['//app:app'],
        changes: [
          expect.objectContaining({ kind: 'attribute', name: 'srcs', removed: ['//old:x'] }),
          { kind: 'input-removed', label: '//old:x', type: 'SourceFile' },
          { kind: 'file', label: '//old:x', file: 'old/x', event: 'removed' },
        ],
      },
    },
  },
  {
    name: 'package removed that a rule still names',
    files: { 'old/BUILD': undefined, 'old/x': undefined },
    why: {
      '//app:top': {
        chain: ['//app:app', '//app:top'],
        changes: [
          { kind: 'input-type', label: '//old:x', before: 'SourceFile', after: null },
          { kind: 'file', label: '//old:x', file: 'old/x', event: 'removed' },
        ],
      },
    },
  },
  {
    name: 'dependency added',
    files: { 'app/BUILD': APP.replace('"//old:x"', '"//old:x", "//lib:cust"') },
    why: {
      '//app:top': {
        chain: ['//app:app', '//app:top'],
        changes: [
          expect.objectContaining({ kind: 'attribute', name: 'srcs', added: ['//lib:cust'] }),
          { kind: 'input-added', label: '//lib:cust', type: 'Rule' },
        ],
      },
      '//lib:cust': 'unchanged',
    },
  },
  {
    name: 'source file that is generated now',
    files: {
      'lib/a.txt': undefined,
      'lib/BUILD': `${LIB}genrule(name = "mk", outs = ["a.txt"], cmd = "echo > $@")\n`,
    },
    why: {
      '//lib:cust': {
        chain: ['//lib:cust'],
        changes: [
          {
            kind: 'input-type',
            label: '//lib:a.txt',
            before: 'SourceFile',
            after: 'GeneratedFile',
            generatedBy: '//lib:mk',
          },
          { kind: 'file', label: '//lib:a.txt', file: 'lib/a.txt', event: 'removed' },
        ],
      },
      '//lib:a.txt': {
        chain: ['//lib:a.txt'],
        changes: [
          {
            kind: 'target-type',
            before: 'SourceFile',
            after: 'GeneratedFile',
            generatedBy: '//lib:mk',
          },
          { kind: 'file', label: '//lib:a.txt', file: 'lib/a.txt', event: 'removed' },
        ],
      },
    },
  },
  {
    name: 'generated file of another rule',
    files: { 'lib/BUILD': LIB.replace('name = "gen"', 'name = "gen2"') },
    why: {
      '//app:top': {
        chain: ['//lib:gen.out', '//app:app', '//app:top'],
        changes: [{ kind: 'generating-rule', before: '//lib:gen', after: '//lib:gen2' }],
      },
      '//lib:gen': 'removed',
    },
  },
  {
    name: 'directory renamed',
    files: {
      'old/BUILD': undefined,
      'old/x': undefined,
      'older/BUILD': FILES['old/BUILD']!,
      'older/x': FILES['old/x']!,
      'app/BUILD': APP.replace('//old:x', '//older:x'),
    },
    why: {
      '//app:app': {
        chain: ['//app:app'],
        changes: [
          expect.objectContaining({ kind: 'attribute', added: ['//older:x'], removed: ['//old:x'] }),
          { kind: 'input-removed', label: '//old:x', type: 'SourceFile' },
          { kind: 'file', label: '//old:x', file: 'old/x', event: 'removed' },
          { kind: 'input-added', label: '//older:x', type: 'SourceFile' },
          { kind: 'file', label: '//older:x', file: 'older/x', event: 'added' },
        ],
      },
      '//old:x': 'removed',
    },
  },
  {
    name: 'comment in a BUILD file',
    files: { 'app/BUILD': `${APP}# more\n` },
    why: {
      '//app:BUILD': { chain: ['//app:BUILD'], changes: [content('//app:BUILD', 'app/BUILD')] },
      '//app:top': 'unchanged',
    },
  },
];
