import { createJiti } from 'jiti';
import { badConfig } from '../schema/parse-config.ts';
import { explainFailure } from './explain-failure.ts';
import { findImports } from './find-imports.ts';
import { runHostCode } from './run-host-code.ts';
import type { CodeLimits } from './run-host-code.ts';

export interface CodeOptions extends Omit<CodeLimits, 'file'> {
  /** What `import 'dewar'` gives. */
  api: () => Promise<object>;
}

export interface LoadedCode {
  /** The default export; where it is a function, what it returned. */
  raw: unknown;
  /** Files that it imported, as far as they are known; absolute. */
  imported: string[];
}

/**
 * Runs a config or a plugin module on this host. Types are left out, not checked.
 * @param file absolute
 * @throws DewarError BAD_CONFIG (its syntax, or no default export), CONFIG_FAILED, CONFIG_HANGS, INTERRUPTED
 */
export async function loadCode(text: string, file: string, options: CodeOptions): Promise<LoadedCode> {
  const api = await options.api();
  const jiti = createJiti(file, { ...SETTINGS, virtualModules: { dewar: api } });
  const before = new Set(Object.keys(jiti.cache));
  try {
    const raw = await runHostCode(
      async () => {
        const loaded = await jiti.evalModule(text, { filename: file, async: true, forceTranspile: true });
        const exported = exportOf(loaded as object, file);
        return typeof exported === 'function' ? ((await exported()) as unknown) : exported;
      },
      { file, ...options },
    );
    const cached = Object.keys(jiti.cache).filter((path) => !before.has(path));
    const imported = [...cached, ...findImports(text, (name) => jiti.esmResolve(name, { try: true }))];
    return { raw, imported: imported.filter((path) => path !== file && !path.includes('/node_modules/')) };
  } catch (error) {
    throw explainFailure(error, file);
  } finally {
    delete jiti.cache[file];
  }
}

/** All of them, or the user's environment would decide. */
const SETTINGS = {
  fsCache: false,
  moduleCache: true,
  debug: false,
  sourceMaps: false,
  interopDefault: true,
  alias: {},
  nativeModules: [],
  transformModules: [],
  tryNative: false,
  tsconfigPaths: false,
};

/** @throws DewarError BAD_CONFIG */
function exportOf(loaded: object, file: string): unknown {
  if (Object.hasOwn(loaded, 'default')) return (loaded as { default: unknown }).default;
  // CommonJS: `module.exports = { … }`.
  const isModule = Object.hasOwn(loaded, '__esModule') || Object.keys(loaded).length === 0;
  if (!isModule || typeof loaded === 'function') return loaded;
  throw badConfig({ file }, [
    { path: [], text: 'it has no default export: export default defineConfig({ … })' },
  ]);
}
