import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { allOptions } from '../global-options.ts';
import { WARM_CACHE } from '../warm-cache-command.ts';
import { registry } from './index.ts';

test('holds every command file of this folder', () => {
  const folder = new URL('.', import.meta.url);
  const files = readdirSync(folder).filter((name) => {
    const source = readFileSync(new URL(name, folder), 'utf8');
    return /^export (?:const command: |function \w+Command\()/mu.test(source);
  });
  // One command for each plugin, all made by one function.
  const own = registry.commands.filter(({ name }) => !name.endsWith(` ${WARM_CACHE}`));
  expect(own.map(({ name }) => `${name.replace(' ', '-')}.ts`).toSorted()).toEqual(files.toSorted());
});

test('has no two commands of one name, and no command named like a group', () => {
  const names = registry.commands.map(({ name }) => name);
  expect(new Set([...names, ...Object.keys(registry.groups), 'help']).size).toBe(
    names.length + Object.keys(registry.groups).length + 1,
  );
});

describe.each(registry.commands.map((command) => [command.name, command] as const))('%s', (name, command) => {
  test('is a word, or a word of a known group', () => {
    const words = name.split(' ');
    expect(words.length).toBeLessThanOrEqual(2);
    expect(words.length === 2 ? Object.keys(registry.groups) : words).toContain(words[0]);
  });

  test('spells no option like another one or a global one', () => {
    const names = Object.values(allOptions(command)).flatMap((option) => [
      `--${option.long}`,
      ...(option.aliases ?? []).map((alias) => `--${alias}`),
      ...(option.short === undefined ? [] : [`-${option.short}`]),
    ]);
    expect(names.filter((spelled, index) => names.indexOf(spelled) !== index)).toEqual([]);
  });

  test('owns --json only when it says so', () => {
    const owns = Object.values(command.options).some((option) => option.long === 'json');
    expect(owns).toBe(command.json === 'own');
  });

  test('has a variadic argument only at the end', () => {
    const variadic = Object.values(command.arguments).map((argument) => argument.variadic === true);
    expect(variadic.slice(0, -1)).not.toContain(true);
  });
});
