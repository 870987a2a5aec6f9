import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

describe('docs', () => {
  it('docs/errors.md has every code, and no other', async () => {
    const used = new Set<string>();
    for (const text of await sources()) for (const code of codesOf(text)) used.add(code);
    expect(used.size).toBeGreaterThan(40);
    const listed = new Set(
      [...(await readFile(join(ROOT, 'docs/errors.md'), 'utf8')).matchAll(/`([A-Z]+(?:_[A-Z]+)*)`/g)].map(
        ([, code]) => code,
      ),
    );
    for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) listed.delete(signal);
    expect([...used].filter((code) => !listed.has(code))).toEqual([]);
    expect([...listed].filter((code) => code !== 'DEWAR_CACHE_DIR' && !used.has(code ?? ''))).toEqual([]);
  });

  it.each(['README.md', 'CONTRIBUTING.md'])('the paths that %s names are there', async (name) => {
    const text = await readFile(join(ROOT, name), 'utf8');
    const paths = [...text.matchAll(/`((?:src|docs|test|scripts)\/[\w./-]*)`/g)].map(
      ([, path]) => path ?? '',
    );
    expect(paths.length).toBeGreaterThan(3);
    const all = new Set(
      (await readdir(ROOT, { recursive: true })).filter((path) => !path.startsWith('node_modules')),
    );
    expect(paths.filter((path) => !all.has(path.replace(/\/$/, '')))).toEqual([]);
  });
});

async function sources(): Promise<string[]> {
  const files = (await readdir(join(ROOT, 'src'), { recursive: true })).filter(
    (path) => path.endsWith('.ts') && !path.endsWith('.test.ts'),
  );
  return Promise.all(files.map((path) => readFile(join(ROOT, 'src', path), 'utf8')));
}

/** Codes of errors and warnings: `code: 'X'`, and those that a function takes first or second. */
function codesOf(text: string): string[] {
  return [
    ...text.matchAll(/(?:code: |readInput\([^,]+, |readJson\([^,]+, |badly\()'([A-Z]+(?:_[A-Z]+)*)'/g),
  ].map(([, code]) => code ?? '');
}
