import type { ToolCase } from '../support/tool-case.ts';

/** docopt is there as source alone. */
const REQUIREMENTS = ['docopt==0.6.2', 'iniconfig==2.0.0', 'markupsafe==2.1.5', 'packaging==24.1'];
/** In 0.5 the links in the cache are absolute: these are not sent. */
const VERSION = '0.13.9';

/** The program itself is a wheel's. Debian 12 has Python 3.11. */
export const uv: ToolCase = {
  name: 'uv',
  plugin: 'python',
  caches: ['uv'],
  needs: ['python3', 'python3.11'],
  files: {
    'requirements.txt': `${REQUIREMENTS.join('\n')}\n`,
    'main.py': `import docopt, iniconfig, markupsafe, markupsafe._speedups, packaging.version
print(markupsafe.escape("<"), packaging.version.Version("1.10") > packaging.version.Version("1.9"))
`,
  },
  async fill(directory, { does }) {
    const wheel = ['download', '--no-deps', '--dest', 'wheel', `uv==${VERSION}`];
    await does(directory, 'python3', '-m', 'pip', '--quiet', ...wheel);
    await does(
      directory,
      'sh',
      '-c',
      'cd wheel && python3 -m zipfile -e uv-*.whl . && mv */scripts/uv ../ && rm -rf ../wheel',
    );
    await does(directory, 'chmod', '755', 'uv');
    const wanted = ['--python', 'python3.11', '--target', 'site'];
    await does(
      directory,
      './uv',
      'pip',
      'install',
      '--quiet',
      ...wanted,
      '--requirement',
      'requirements.txt',
    );
    await does(directory, 'rm', '-rf', 'site');
  },
  offline: `./uv pip install --quiet --offline --python python3.11 --target site -r requirements.txt >&2 &&
    PYTHONPATH=site python3.11 main.py`,
  prints: '&lt; True',
  fails: /[Nn]etwork|offline/,
};
