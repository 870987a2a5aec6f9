import { describe, expect, it } from 'vitest';
import { DewarError } from '../../core/errors.ts';
import { parseFlags } from './parse-flags.ts';

describe('parseFlags', () => {
  it('reads every spelling', () => {
    const { options, excludeExternalTargets } = parseFlags([
      '--useCquery',
      '--no-keep_going',
      '-co=--noimplicit_deps --notool_deps',
      '-co --incompatible_x',
      '--bazelStartupOptions=--host_jvm_args=-Xmx1g',
      '--excludeTargetsQuery=//a:all union //b',
      '--excludeExternalTargets=false',
      '--targetType=Rule,SourceFile',
    ]);
    expect(options).toMatchObject({
      useCquery: true,
      keepGoing: false,
      bazelCommandOptions: ['--noimplicit_deps', '--notool_deps', '--incompatible_x'],
      bazelStartupOptions: ['--host_jvm_args=-Xmx1g'],
      excludeTargetsQuery: '//a:all union //b',
      targetTypes: ['Rule', 'SourceFile'],
    });
    expect(excludeExternalTargets).toBe(false);
  });

  it('has one canonical form, without defaults', () => {
    const a = parseFlags(['-k', '--useCquery', '-co=--x', '-co=--y']);
    const b = parseFlags(['--bazelCommandOptions=--x --y', '--useCquery=true']);
    expect(a.canonical).toEqual(b.canonical);
    expect(a.canonical).toEqual(['bazelCommandOptions=["--x","--y"]', 'useCquery=true']);
    expect(parseFlags([]).canonical).toEqual([]);
    expect(parseFlags(['--no-includePackageGroups']).canonical).toEqual([]);
    expect(parseFlags(['--includePackageGroups', '--targetType=PackageGroup']).canonical).toEqual([
      'includePackageGroups=true',
      'targetTypes=["PackageGroup"]',
    ]);
  });

  it.each([
    '--nonsense',
    'useCquery',
    '-co',
    '-co=',
    '--useCquery=maybe',
    '--workspacePath=/x',
    '-w=/x',
    '-b=bazel',
    '-m=list',
    '--contentHashPath=f',
    '--targetType=Nothing',
    '--targetType=PackageGroup',
    '-so=--output_base=/tmp/x',
    '--bazelStartupOptions=--batch',
  ])('refuses %s', (flag) => {
    expect(() => parseFlags([flag])).toThrow(expect.objectContaining({ code: 'BAD_FLAG' }) as DewarError);
  });

  it('refuses a second value where there is one', () => {
    expect(() => parseFlags(['--cqueryExpression=a', '--cqueryExpression=b'])).toThrow(DewarError);
  });
});
