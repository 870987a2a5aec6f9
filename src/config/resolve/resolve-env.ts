import { DewarError } from '../../core/errors.ts';
import type { ResolvedConfig } from '../resolved-config.ts';

/**
 * Reads the variables that a config names. The result is secret: it goes to the guest and nowhere else.
 * @param host this host's environment
 * @throws DewarError MISSING_VARIABLE
 */
export function resolveEnv(
  config: Pick<ResolvedConfig, 'env' | 'file'>,
  host: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config.env).map(([name, value]) => {
      if (typeof value === 'string') return [name, value];
      const found = host[value.fromEnv];
      if (found !== undefined) return [name, found];
      throw new DewarError({
        code: 'MISSING_VARIABLE',
        message: `${config.file}: env.${name} is the value of this host's variable ${value.fromEnv}, which is not set`,
        mend: `set it (export ${value.fromEnv}=…), or take env.${name} out of the config`,
      });
    }),
  );
}
