import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { TOOL_CASES } from './cases/index.ts';
import { copyCache } from './support/copy-cache.ts';
import { hostTools, missingPrograms } from './support/host-tools.ts';
import { writeFiles } from './support/write-files.ts';

const scratch: string[] = [];
afterEach(async () => {
  for (const path of scratch.splice(0)) await rm(path, { recursive: true, force: true });
});

async function directories(): Promise<{
  full: string;
  empty: string;
  filled: string;
  cold: string;
  warm: string;
}> {
  const root = await mkdtemp(join(tmpdir(), 'dewar-test-copied-'));
  scratch.push(root);
  const paths = { full: 'full', empty: 'empty', filled: 'filled', cold: 'cold', warm: 'warm' };
  for (const name of ['full', 'empty', 'filled']) await mkdir(join(root, name));
  return Object.fromEntries(
    Object.entries(paths).map(([key, name]) => [key, join(root, name)]),
  ) as typeof paths;
}

describe('what is left out of a cache is not missed, in another home of this host', () => {
  for (const tool of TOOL_CASES) {
    const missing = missingPrograms(tool.needs);
    const why = missing.length > 0 ? `without ${missing.join(', ')}` : 'never';
    test.skipIf(missing.length > 0)(`${tool.name} (skipped ${why})`, async () => {
      const { full, empty, filled, cold, warm } = await directories();
      await writeFiles(filled, tool.files);
      await tool.fill(filled, hostTools(full));
      const tools = hostTools(empty);

      await cp(filled, cold, { recursive: true });
      const before = await tools.script(cold, tool.offline);
      expect(before.exitCode).not.toBe(0);
      expect(before.said).toMatch(tool.fails);

      await rm(empty, { recursive: true });
      for (const name of tool.caches) {
        const files = await copyCache(tool.plugin, name, { host: full, guest: empty });
        expect(files.length).toBeGreaterThan(0);
      }
      await rm(full, { recursive: true });
      await cp(filled, warm, { recursive: true });
      const after = await tools.script(warm, tool.offline);
      expect(after).toMatchObject({ exitCode: 0, stdout: tool.prints });
    });
  }
});
