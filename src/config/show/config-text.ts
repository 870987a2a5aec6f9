import type {
  Origin,
  ResolvedConfig,
  ResolvedHook,
  ResolvedMount,
  ResolvedScript,
} from '../resolved-config.ts';
import { hookText, shownValue } from './config-data.ts';

interface Line {
  text: string;
  origin?: Origin | undefined;
}

/**
 * @param withOrigins adds who said so to each line
 * @returns the config for people, in the style of YAML
 */
export function configText(config: ResolvedConfig, withOrigins: boolean): string {
  const lines = [
    { text: `# ${printable(config.file)}` },
    scalar(config, 'name', config.name),
    ...section('plugins', config.plugins.map(pluginLine)),
    { text: 'resources:' },
    ...Object.entries(config.resources).map(([key, value]) =>
      indent(scalar(config, `resources.${key}`, value, key)),
    ),
    ...section('mounts', config.mounts.flatMap(mountLines)),
    { text: 'network:' },
    indent(scalar(config, 'network.mode', config.network.mode, 'mode')),
    ...items(config, 'network.domains', config.network.domains, 'domains').map(indent),
    ...items(config, 'network.ports', config.network.ports, 'ports').map(indent),
    ...items(config, 'network.ranges', config.network.ranges, 'ranges').map(indent),
    ...items(config, 'packages', config.packages, 'packages'),
    ...section(
      'env',
      Object.entries(config.env).map(([name, value]) => ({
        text: `${name}: ${shownValue(value)}`,
        origin: config.origins[`env.${name}`],
      })),
      '{}',
    ),
    ...section('scripts', config.scripts.flatMap(scriptLines)),
    ...hookLines(config.hooks),
    scalar(config, 'image', config.image),
    scalar(config, 'driver', config.driver),
  ];
  return toText(lines, withOrigins);
}

function toText(lines: readonly Line[], withOrigins: boolean): string {
  const told = lines.filter(({ origin }) => withOrigins && origin !== undefined);
  const width = Math.min(60, Math.max(0, ...told.map(({ text }) => text.length)));
  return lines
    .map(({ text, origin }) =>
      withOrigins && origin !== undefined ? `${text.padEnd(width)}  # ${origin}` : text,
    )
    .join('\n');
}

function scalar(config: ResolvedConfig, path: string, value: string | number, key: string = path): Line {
  return { text: `${key}: ${quoted(value)}`, origin: config.origins[path] };
}

function items(
  config: ResolvedConfig,
  path: string,
  values: readonly (string | number)[],
  key: string,
): Line[] {
  return section(
    key,
    values.map((value, index) => ({
      text: `- ${quoted(value)}`,
      origin: config.origins[`${path}[${index}]`],
    })),
  );
}

/** An empty one is one line. */
function section(key: string, lines: readonly Line[], empty = '[]'): Line[] {
  return lines.length === 0 ? [{ text: `${key}: ${empty}` }] : [{ text: `${key}:` }, ...lines.map(indent)];
}

function indent({ text, origin }: Line): Line {
  return { text: `  ${text}`, origin };
}

function pluginLine({ name, from }: ResolvedConfig['plugins'][number]): Line {
  return { text: `- ${name} (${from.type === 'module' ? printable(from.path) : from.type})` };
}

function mountLines(mount: ResolvedMount): Line[] {
  const { target, origin } = mount;
  if (mount.type === 'tmpfs')
    return [{ text: '- tmpfs: true', origin }, { text: `  target: ${quoted(target)}` }];
  return [
    { text: `- source: ${quoted(mount.source)}`, origin },
    { text: `  target: ${quoted(target)}` },
    ...(mount.readonly ? [{ text: '  readonly: true' }] : []),
  ];
}

function scriptLines({ name, source, as, timeoutSeconds, origin }: ResolvedScript): Line[] {
  return [
    { text: `- name: ${quoted(name)}`, origin },
    'path' in source
      ? { text: `  path: ${quoted(source.path)}` }
      : { text: `  run: (${count(source.text.trimEnd().split('\n').length, 'line')})` },
    ...(as === 'root' ? [{ text: '  as: root' }] : []),
    { text: `  timeoutSeconds: ${timeoutSeconds}` },
  ];
}

function hookLines(hooks: ResolvedConfig['hooks']): Line[] {
  const moments = Object.entries(hooks).filter(([, all]) => all.length > 0);
  const lines = moments.flatMap(([moment, all]) => section(moment, all.map(hookLine)));
  return section('hooks', lines, '{}');
}

function hookLine({ run, origin }: ResolvedHook): Line {
  const text = hookText(run);
  return { text: `- ${typeof run === 'string' ? quoted(text) : text}`, origin };
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

/** @returns the value as it can stand in YAML, in one line and without anything that moves a terminal's cursor */
function quoted(value: string | number): string {
  const text = String(value);
  return typeof value === 'number' || /^[\w~/.@][\w~/.@+-]*(?: [\w~/.@+-]+)*$/.test(text)
    ? text
    : printable(JSON.stringify(text));
}

function printable(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}]/gu,
    (char) => `\\u${char.codePointAt(0)?.toString(16).padStart(4, '0')}`,
  );
}
