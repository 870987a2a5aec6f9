import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cannotBoot } from '../support/guest-image.ts';
import { userOf } from '../support/user-of.ts';
import type { User } from '../support/user-of.ts';
import { workspaceSandbox } from '../support/workspace-sandbox.ts';
import type { WorkspaceSandbox } from '../support/workspace-sandbox.ts';
import { TOOL_CASES } from './cases/index.ts';
import { hostTools, missingPrograms } from './support/host-tools.ts';
import type { HostTools } from './support/host-tools.ts';
import type { ToolCase } from './support/tool-case.ts';
import { lockToolsImage, toolsImage } from './support/tools-image.ts';
import { writeFiles } from './support/write-files.ts';

const PLUGINS = [...new Set(TOOL_CASES.map(({ plugin }) => plugin))];

describe.skipIf(cannotBoot !== undefined)(
  `real tools in a machine without a network (skipped ${cannotBoot ?? 'never'})`,
  () => {
    let sandbox: WorkspaceSandbox;
    let project = '';
    let user: User;
    let tools: HostTools;

    beforeAll(async () => {
      sandbox = await workspaceSandbox(await toolsImage(PLUGINS));
      project = join(sandbox.directory, 'project');
      await mkdir(project);
      await lockToolsImage(project);
      const config = {
        plugins: PLUGINS,
        network: { mode: 'off' },
        resources: { vcpus: 2, memoryMB: 2048 },
      };
      await writeFile(join(project, 'dewar.config.json'), JSON.stringify(config));
      user = userOf(sandbox, project);
      tools = hostTools(sandbox.env['HOME'] ?? '');
      // No cache is there yet, so this brings none.
      await user.does(['up', '--no-snapshot']);
    });

    afterAll(async () => {
      await sandbox?.[Symbol.asyncDispose]();
    });

    const offline = ({ name, offline: script }: ToolCase): ReturnType<User['dewar']> => {
      const text = `rm -rf ~/build && cp -r ~/workspace/${name} ~/build && cd ~/build && ${script}`;
      return user.dewar(['run', '--', 'sh', '-c', text]);
    };

    for (const tool of TOOL_CASES) {
      const missing = missingPrograms(tool.needs);
      test.skipIf(missing.length > 0)(
        `${tool.name}: works after warm-cache, and not before (skipped ${missing.length > 0 ? `without ${missing.join(', ')}` : 'never'})`,
        async () => {
          const directory = join(project, tool.name);
          await writeFiles(directory, tool.files);
          await tool.fill(directory, tools);

          const before = await offline(tool);
          expect(before.exitCode).not.toBe(0);
          expect(before.stderr + before.stdout).toMatch(tool.fails);

          await user.does([tool.plugin, 'warm-cache']);
          const { exitCode, stdout, stderr } = await offline(tool);
          // What it says is of interest only where it fails.
          expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: `${tool.prints}\n`, stderr });
        },
      );
    }
  },
);
