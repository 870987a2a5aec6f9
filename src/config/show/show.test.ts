import { expect, test } from 'vitest';
import { resolveConfig } from '../resolve/resolve-config.ts';
import type { ResolvedConfig } from '../resolved-config.ts';
import type { Plugin } from '../workspace-config.ts';
import { configData } from './config-data.ts';
import { configText } from './config-text.ts';

const PLUGIN: Plugin = {
  name: 'sbt-like',
  packages: ['curl'],
  mounts: [{ tmpfs: true, target: '~/t' }],
  hooks: { postUp: [() => undefined] },
  commands: { greet: { summary: 'say hello', run: () => 0 } },
};

const CONFIG: ResolvedConfig = resolveConfig({
  file: '/p/app/dewar.config.ts',
  config: {
    packages: ['g++'],
    env: { TOKEN: 'hunter2', OTHER: { fromEnv: 'HOST_TOKEN' } },
    scripts: ['a b.sh', { run: 'echo 1\necho 2\n', as: 'root' }],
    hooks: { preDown: ['echo "x: y"'] },
    mounts: [{ source: '/q\u001b[31m', target: '/q', readonly: true }],
    network: { domains: ['a.org'] },
  },
  plugins: [{ plugin: PLUGIN, from: { type: 'module', path: '/p/app/plugin.ts' } }],
  codeFiles: ['/p/app/dewar.config.ts', '/p/app/plugin.ts'],
  host: { cpus: 4, memoryMB: 16_000, home: '/home/u' },
});

test('for people', () => {
  expect(configText(CONFIG, true)).toBe(String.raw`# /p/app/dewar.config.ts
name: app                     # default
plugins:
  - sbt-like (/p/app/plugin.ts)
resources:
  vcpus: 4                    # default
  memoryMB: 8000              # default
  diskGB: 64                  # default
mounts:
  - source: "/q\u001b[31m"    # user
    target: /q
    readonly: true
  - source: /p/app            # default
    target: ~/workspace
  - tmpfs: true               # plugin sbt-like
    target: ~/t
network:
  mode: filtered              # default
  domains:
    - a.org                   # user
  ports:
    - 80                      # default
    - 443                     # default
  ranges: []
packages:
  - curl                      # plugin sbt-like
  - g++                       # user
env:
  TOKEN: (secret)             # user
  OTHER: fromEnv(HOST_TOKEN)  # user
scripts:
  - name: a b.sh              # user
    path: /p/app/a b.sh
    timeoutSeconds: 1800
  - name: script 2            # user
    run: (2 lines)
    as: root
    timeoutSeconds: 1800
hooks:
  postUp:
    - (function)              # plugin sbt-like
  preDown:
    - "echo \"x: y\""         # user
image: systemd                # default
driver: qemu                  # default`);
});

test('without origins', () => {
  const text = configText(CONFIG, false);
  expect(text).toContain('  - curl\n  - g++\n');
  expect(text).not.toContain('# user');
});

test('no value of env is shown', () => {
  expect(JSON.stringify(configData(CONFIG))).not.toContain('hunter2');
  expect(configText(CONFIG, true)).not.toContain('hunter2');
  expect(configData(CONFIG)).toMatchObject({ env: { TOKEN: '(secret)', OTHER: 'fromEnv(HOST_TOKEN)' } });
});

test('as data', () => {
  expect(JSON.parse(JSON.stringify(configData(CONFIG)))).toMatchObject({
    directory: '/p/app',
    plugins: [{ name: 'sbt-like', from: '/p/app/plugin.ts', caches: [], commands: { greet: 'say hello' } }],
    hooks: { postUp: [{ run: '(function)', origin: 'plugin sbt-like' }] },
    origins: { 'packages[0]': 'plugin sbt-like', 'env.TOKEN': 'user' },
    code_files: ['/p/app/dewar.config.ts', '/p/app/plugin.ts'],
  });
});
