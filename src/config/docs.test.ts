import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { defineConfig, definePlugin, fromEnv } from './define-config.ts';
import { loadCode } from './load/load-code.ts';
import { ConfigSchema } from './schema/config-schema.ts';
import { parseConfig, parsePlugin } from './schema/parse-config.ts';

const DOCS = readFileSync(new URL('../../docs/config.md', import.meta.url), 'utf8');
const [CONFIG = '', PLUGIN = ''] = [...DOCS.matchAll(/```ts\n(.*?)```/gs)].map(([, text]) => text);

describe('docs/config.md', () => {
  test('its config is one', async () => {
    expect(parseConfig(await read(CONFIG), { file: 'docs' })).toMatchObject({
      plugins: ['node'],
      env: { GITHUB_TOKEN: { fromEnv: 'GITHUB_TOKEN' } },
    });
  });

  test('its plugin is one', async () => {
    expect(parsePlugin(await read(PLUGIN), { file: 'docs' })).toMatchObject({
      name: 'postgres',
      hooks: { postUp: [expect.any(Function)] },
      commands: { psql: { summary: 'run psql in the machine' } },
    });
  });

  test('its table has every field', () => {
    const rows = [...DOCS.matchAll(/^\| `([a-zA-Z]+)(?:\.\w+)?` /gm)].map(([, name]) => name);
    const { shape } = ConfigSchema as unknown as { shape: object };
    expect(new Set(rows)).toEqual(new Set(Object.keys(shape)));
  });
});

async function read(text: string): Promise<unknown> {
  const options = { api: () => Promise.resolve(API), deadlineMs: 20_000, signal: undefined };
  return (await loadCode(text, '/nowhere/dewar.config.ts', options)).raw;
}

const API = { defineConfig, definePlugin, fromEnv };
