import { execFile } from 'node:child_process';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MachineStatus } from '../../src/workspace/status.ts';
import type { UpResult } from '../../src/workspace/up.ts';
import { cannotBoot, guestImage } from '../support/guest-image.ts';
import { DEWAR } from '../support/image-cli.ts';
import { userOf } from '../support/user-of.ts';
import type { User } from '../support/user-of.ts';
import { workspaceSandbox } from '../support/workspace-sandbox.ts';
import type { WorkspaceSandbox } from '../support/workspace-sandbox.ts';

const WORDS = `it's "quoted" \\ $HOME \`id\`\n世界 ü`;
const ALL_BYTES = Buffer.from(Array.from({ length: 3 << 20 }, (_, index) => (index * 31 + (index >> 8)) & 255));

// One story, in order: each test goes on where the last one was.
describe.skipIf(cannotBoot !== undefined)(
  `a workspace, as its user types (skipped ${cannotBoot ?? 'never'})`,
  () => {
    let sandbox: WorkspaceSandbox;
    let project = '';
    let deep = '';
    let user: User;
    let first: UpResult;

    beforeAll(async () => {
      const image = await guestImage('systemd');
      sandbox = await workspaceSandbox(image);
      project = join(sandbox.directory, 'project');
      deep = join(project, 'src', 'deep ü');
      await mkdir(deep, { recursive: true });
      user = userOf(sandbox, project);
    });

    afterAll(async () => {
      await sandbox?.[Symbol.asyncDispose]();
    });

    test('init: a config that git sees, and a state that it does not', async () => {
      await command('git', ['init', '--quiet'], project);
      expect(await user.does(['init'])).toBe(
        [
          `wrote ${join(project, 'dewar.config.ts')}`,
          `added .dewar/ to ${join(project, '.gitignore')}`,
          'next: add the domains that the machine may reach, look at all of it (dewar config), start it (dewar up)',
          '',
        ].join('\n'),
      );
      expect(await command('git', ['status', '--porcelain'], project)).toBe('?? .gitignore\n?? dewar.config.ts\n');
      expect(await user.dewar(['init'])).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('error CONFIG_EXISTS') });
      const file = join(project, 'dewar.config.ts');
      const written = await readFile(file, 'utf8');
      const edited = written
        .replace("import { defineConfig } from 'dewar'", "import { defineConfig, fromEnv } from 'dewar'")
        .replace(/^ *\/\/ resources: .*$/m, `  resources: { vcpus: 1, memoryMB: 512 }, image: '${sandbox.image.id}',`)
        .replace('network: {', "network: { mode: 'off',")
        .replace(/^ *\/\/ scripts: .*$/m, "  scripts: [{ name: 'greet', run: 'echo \"$GREETING\" >>~/greeted' }],")
        .replace(/^ *\/\/ env: .*$/m, `  env: { WORDS: ${JSON.stringify(WORDS)}, GREETING: fromEnv('HOST_GREETING') },`);
      await writeFile(file, edited);
      expect(await user.dewar(['up'])).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('HOST_GREETING'),
      });
    });
  },
);

/** @returns its stdout */
function command(file: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(file, args, { cwd }, (error, stdout) => (error === null ? resolve(stdout) : reject(error)));
  });
}
