import type { ResolvedConfig, ResolvedHook, ResolvedMount, ResolvedScript } from '../resolved-config.ts';

/** @returns the config for `--json`; of env only where the values come from */
export function configData(config: ResolvedConfig): object {
  return {
    directory: config.directory,
    file: config.file,
    name: config.name,
    resources: config.resources,
    mounts: config.mounts.map(mountData),
    network: config.network,
    packages: config.packages,
    env: Object.fromEntries(Object.entries(config.env).map(([name, value]) => [name, shownValue(value)])),
    scripts: config.scripts.map(scriptData),
    hooks: Object.fromEntries(
      Object.entries(config.hooks).map(([moment, hooks]) => [moment, hooks.map(hookData)]),
    ),
    plugins: config.plugins.map(({ name, from, caches, commands }) => ({
      name,
      from: from.type === 'module' ? from.path : from.type,
      caches,
      commands: Object.fromEntries(Object.entries(commands).map(([word, { summary }]) => [word, summary])),
    })),
    image: config.image,
    driver: config.driver,
    origins: config.origins,
    code_files: config.codeFiles,
    machine_digest: config.machineDigest,
  };
}

/** @returns what is shown of a value of env */
export function shownValue(value: ResolvedConfig['env'][string]): string {
  return typeof value === 'string' ? '(secret)' : `fromEnv(${value.fromEnv})`;
}

function mountData(mount: ResolvedMount): object {
  const { origin, target } = mount;
  if (mount.type === 'tmpfs') return { tmpfs: true, target, origin };
  return { source: mount.source, target, readonly: mount.readonly, origin };
}

function scriptData({ name, source, as, timeoutSeconds, origin }: ResolvedScript): object {
  const what = 'path' in source ? { path: source.path } : { run: source.text };
  return { name, ...what, as, timeoutSeconds, origin };
}

/** @returns what is shown of a hook */
export function hookText(run: ResolvedHook['run']): string {
  if (typeof run === 'string') return run;
  return 'warmCaches' in run ? `dewar ${run.warmCaches} warm-cache` : '(function)';
}

function hookData({ run, origin }: ResolvedHook): object {
  return { run: hookText(run), origin };
}
