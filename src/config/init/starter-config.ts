export type ConfigFormat = 'ts' | 'js' | 'json' | 'yaml';

export interface Starter {
  format: ConfigFormat;
  name: string;
  plugins: readonly string[];
}

/** Where the files for editors are, from the config. */
export const EDITOR_FILES = { types: '.dewar/dewar.d.ts', schema: '.dewar/config.schema.json' } as const;

/** @returns the text of a config that loads as it is; its comments show what else there is */
export function starterConfig(starter: Starter): string {
  return `${TEXTS[starter.format](starter).join('\n')}\n`;
}

const ABOUT = 'What is not here has its default; `dewar config` prints all of it.';

const TEXTS: Record<ConfigFormat, (starter: Starter) => string[]> = {
  ts: codeText,
  js: codeText,
  yaml: yamlText,
  json: jsonText,
};

function codeText({ name, plugins, format }: Starter): string[] {
  return [
    ...(format === 'js' ? ['// @ts-check'] : []),
    `/// <reference path="./${EDITOR_FILES.types}" />`,
    "import { defineConfig } from 'dewar';",
    '',
    `// ${ABOUT}`,
    'export default defineConfig({',
    `  name: ${quote(name)},`,
    plugins.length === 0
      ? "  // plugins: ['./my-plugin.ts'],"
      : `  plugins: [${plugins.map(quote).join(', ')}],`,
    '  // resources: { vcpus: 4, memoryMB: 8192 },',
    '  network: {',
    '    // What the machine may reach, with all names below: on the ports 80 and 443.',
    '    domains: [],',
    '  },',
    "  // packages: ['jq'], // of Debian",
    "  // scripts: ['setup.sh'], // run in the machine, after each boot",
    "  // env: { TOKEN: fromEnv('TOKEN') }, // fromEnv is imported from dewar, too",
    '});',
  ];
}

function yamlText({ name, plugins }: Starter): string[] {
  return [
    `# yaml-language-server: $schema=${EDITOR_FILES.schema}`,
    `# ${ABOUT}`,
    `name: ${quote(name)}`,
    ...(plugins.length === 0
      ? ['# plugins: [./my-plugin.ts]']
      : ['plugins:', ...plugins.map((one) => `  - ${quote(one)}`)]),
    '# resources: { vcpus: 4, memoryMB: 8192 }',
    'network:',
    '  # What the machine may reach, with all names below: on the ports 80 and 443.',
    '  domains: []',
    '# packages: [jq] # of Debian',
    '# scripts: [setup.sh] # run in the machine, after each boot',
    '# env: { TOKEN: { fromEnv: TOKEN } }',
  ];
}

function jsonText({ name, plugins }: Starter): string[] {
  const config = {
    $schema: `./${EDITOR_FILES.schema}`,
    name,
    ...(plugins.length === 0 ? {} : { plugins }),
    network: { domains: [] },
  };
  return [JSON.stringify(config, undefined, 2)];
}

/** In single quotes: good for TypeScript, and, without a quote or a backslash in it, for YAML. */
function quote(text: string): string {
  return /^[^'\\\p{Cc}]*$/u.test(text) ? `'${text}'` : JSON.stringify(text);
}
