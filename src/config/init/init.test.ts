import { describe, expect, test } from 'vitest';
import { loadCode } from '../load/load-code.ts';
import { loadData } from '../load/load-data.ts';
import { parseConfig } from '../schema/parse-config.ts';
import { guessPlugins } from './guess-plugins.ts';
import { planIgnore } from './plan-ignore.ts';
import { starterConfig } from './starter-config.ts';
import type { ConfigFormat } from './starter-config.ts';

const API = { defineConfig: (config: unknown) => config };

describe('a first config loads as it is', () => {
  const formats: ConfigFormat[] = ['ts', 'js', 'json', 'yaml'];
  const plugins = [[], ['node', './it\'s a "plugin"\\.ts']];
  test.each(formats.flatMap((format) => plugins.map((list) => [format, list] as const)))(
    '%s %j',
    async (format, list) => {
      const text = starterConfig({ format, name: 'app', plugins: list });
      expect(text.endsWith('\n')).toBe(true);
      const config = parseConfig(await read(text, format), { file: 'F' });
      expect(config).toEqual({
        name: 'app',
        network: { domains: [] },
        ...(list.length === 0 ? {} : { plugins: list }),
      });
    },
  );
});

test('what is in its comments is right, too', () => {
  const text = starterConfig({ format: 'yaml', name: 'app', plugins: [] });
  const all = text.replaceAll(/^# (?=\w+: )/gm, '');
  expect(Object.keys(parseConfig(loadData(all, 'F', 'yaml').raw, { file: 'F' })).toSorted()).toEqual([
    'env',
    'name',
    'network',
    'packages',
    'plugins',
    'resources',
    'scripts',
  ]);
});

test.each<[string | undefined, string | undefined]>([
  [undefined, '.dewar/\n'],
  ['', '.dewar/\n'],
  ['a\n', 'a\n.dewar/\n'],
  ['a', 'a\n.dewar/\n'],
  ['a\r\nb\r\n', 'a\r\nb\r\n.dewar/\r\n'],
  ['a\r\nb', 'a\r\nb\r\n.dewar/\r\n'],
  ['# .dewar/\n', '# .dewar/\n.dewar/\n'],
  ['!.dewar/\n', '!.dewar/\n.dewar/\n'],
  ['x.dewar/\n', 'x.dewar/\n.dewar/\n'],
  ['.dewar/\n', undefined],
  ['a\n/.dewar\nb\n', undefined],
  ['.dewar/', undefined],
  ['a\r\n.dewar/  \r\n', undefined],
])('.gitignore %j becomes %j', (text, planned) => {
  expect(planIgnore(text)).toBe(planned);
});

test.each<[string[], string[]]>([
  [['package.json', 'src'], ['node']],
  [
    ['MODULE.bazel', 'WORKSPACE', 'package.json'],
    ['node', 'bazel'],
  ],
  [['build.sbt'], []],
  [
    ['pom.xml', 'settings.gradle.kts', 'build.gradle.kts', 'requirements.txt', 'pyproject.toml'],
    ['maven', 'gradle', 'python'],
  ],
  [['README.md'], []],
])('files %j want the plugins %j', (entries, plugins) => {
  expect(guessPlugins(entries, ['aws', 'bazel', 'gradle', 'maven', 'node', 'python'])).toEqual(plugins);
});

async function read(text: string, format: ConfigFormat): Promise<unknown> {
  if (format === 'json' || format === 'yaml') return loadData(text, 'F', format).raw;
  const options = { api: () => Promise.resolve(API), deadlineMs: 20_000, signal: undefined };
  return (await loadCode(text, `/nowhere/dewar.config.${format}`, options)).raw;
}
