import { describe, expect, test } from 'vitest';
import { parseConfig } from '../schema/parse-config.ts';
import { loadData } from './load-data.ts';

describe('what is read', () => {
  test.each<['json' | 'yaml', string, unknown]>([
    ['json', '{"name": "x"}', { name: 'x' }],
    ['json', '{\t"name":\t"x",\r\n\t"packages": ["a\\u0062"] }', { name: 'x', packages: ['ab'] }],
    ['json', '{"$schema": "./s.json", "name": "x"}', { name: 'x' }],
    ['yaml', 'name: x\nnetwork:\n  domains: [a.org]\n', { name: 'x', network: { domains: ['a.org'] } }],
    ['yaml', '# nothing yet\n', {}],
    ['yaml', '', {}],
    ['yaml', 'a: &a [jq]\npackages: *a\n', { a: ['jq'], packages: ['jq'] }],
    ['yaml', 'when: 2001-01-01\nyes: yes\n', { when: '2001-01-01', yes: 'yes' }],
    ['yaml', 'env:\n  KEY: |\n    a\n    b\n', { env: { KEY: 'a\nb\n' } }],
  ])('%s %j', (format, text, raw) => {
    expect(loadData(text, 'F', format).raw).toEqual(raw);
  });
});

describe('what is refused, with its place', () => {
  test.each<['json' | 'yaml', string, string]>([
    ['json', '{"name": "x",}', 'F:1:14: it is no valid JSON'],
    ['json', '{"name": "x"', 'F:1:13: it is no valid JSON'],
    ['json', '{name: "x"}', 'F:1:2: it is no valid JSON'],
    ['json', '// hi\n{}', 'it is no valid JSON'],
    ['json', '', 'it is no valid JSON'],
    ['json', '{"name": "x",\n "name": "y"}', 'F:2:2: a key is there twice'],
    ['json', `{"a": ${'['.repeat(60)}${']'.repeat(60)}}`, 'F: it is nested too deeply'],
    ['json', `{"a": ${'['.repeat(100_000)}`, 'F: it is larger than 64 KiB'],
    ['yaml', 'name: x\nname: y\n', 'F:2:1: a key is there twice'],
    ['yaml', 'a:\n\t- b\n', 'F:2:1: it is no valid YAML: Tabs are not allowed as indentation'],
    ['yaml', 'a: "x\n', 'it is no valid YAML'],
    ['yaml', 'a: *b\n', 'F: it has too many aliases, or one of an anchor that is not there'],
    ['yaml', 'a: !!js/function "x"\n', 'F:1:4: it is no valid YAML: Unresolved tag'],
    ['yaml', 'a: 1\n---\nb: 2\n', 'it is no valid YAML'],
    ['yaml', `a: ${'[{b: '.repeat(30_00)}`, 'F: it is nested too deeply'],
    ['yaml', `a:\n  ${'- '.repeat(1000)}x`, 'F: it is nested too deeply'],
    ['yaml', `${'? '.repeat(1000)}x`, 'F: it is nested too deeply'],
    ['yaml', `? [a]\n: b\n`, 'F:1:3: a key is no text'],
    ['yaml', `${'? '.repeat(49)}x`, 'a key is no text'],
    ['yaml', bomb(), 'F: it has too many aliases'],
  ])('%s %.40j', (format, text, message) => {
    const start = performance.now();
    expect(() => loadData(text, 'F', format)).toThrow(message);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  test('a script may have many brackets', () => {
    const run = 'if [ -e x ]; then echo "${A[@]}"; fi\n'.repeat(200);
    expect(loadData(JSON.stringify({ run }), 'F', 'json').raw).toEqual({ run });
  });

  test.each<['json' | 'yaml', string]>([
    ['json', '{"env": {"TOKEN": hunter2}}'],
    ['json', '{"env": {"TOKEN": "hunter2}}'],
    ['json', '{"env": {"TOKEN": "hunter2" "x"}}'],
    ['yaml', 'env:\n  TOKEN: "hunter2\n'],
    ['yaml', 'env:\n  TOKEN: *hunter2\n'],
    ['yaml', 'env:\n  TOKEN: hunter2: x\n'],
    ['yaml', 'env:\n  TOKEN: !hunter2 x\n'],
    ['yaml', 'env: {TOKEN: @hunter2}'],
  ])('no part of the text is in an error: %s %j', (format, text) => {
    const error = failureOf(() => loadData(text, 'F', format));
    expect(error.message).toMatch(/^F(:\d+:\d+)?: it /);
    expect(JSON.stringify([error.message, String(error.cause)])).not.toContain('hunter2');
  });
});

describe('the place of a value', () => {
  test.each<['json' | 'yaml', string, string]>([
    ['json', '{"network":\n  {"ports": [1,\n   "x"]}}', 'F:3:4: network.ports[1] is "x"'],
    ['yaml', 'network:\n  ports:\n    - 1\n    - x\n', 'F:4:7: network.ports[1] is "x"'],
    ['yaml', 'network:\n  prots: [1]\n', 'F:2:3: network: unknown key "prots"'],
    ['yaml', 'mounts:\n  - target: ~/x\n', 'F:2:5: mounts[0].source is missing'],
    ['yaml', 'x-ports: &p [0]\nnetwork:\n  ports: *p\n', 'F:1:1: the config: unknown key "x-ports"'],
    ['yaml', 'network:\n  mode: &m [open]\n  domains: *m\nname: *m', 'F:2:3: network.mode is a list'],
    ['yaml', '- a\n', 'F:1:1: the config is a list'],
    ['yaml', '__proto__: {}\n', 'F:1:1: the config: unknown key "__proto__"'],
    ['json', '{"env": {"__proto__": "x"}}', 'F:1:2: env: unknown key "__proto__"'],
    ['yaml', 'a: &a [*a]\n', 'F:1:1: the config: unknown key "a"'],
  ])('%s %j', (format, text, message) => {
    const { raw, source } = loadData(text, 'F', format);
    expect(() => parseConfig(raw, source)).toThrow(message);
  });
});

/** A few lines that would be ten million items. */
function bomb(): string {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  const rows = names.map((name, index) => {
    const item = index === 0 ? 'x' : `*${names[index - 1]}`;
    return `${name}: &${name} [${Array.from({ length: 10 }, () => item).join(', ')}]`;
  });
  return rows.join('\n');
}

function failureOf(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('it was taken');
}
