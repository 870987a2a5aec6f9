import { DewarError } from '../../core/errors.ts';

/** Debian's own rule, but for a `-` at the end: apt would read that as a removal. */
const NAME = /^[a-z0-9][a-z0-9+.-]*[a-z0-9+]$/;

/**
 * Refuses what apt would take for something else than a package: an option, a version, a pattern.
 * @throws DewarError BAD_PACKAGE_NAME
 */
export function checkPackageNames(names: readonly string[]): void {
  const wrong = names.filter((name) => !NAME.test(name));
  if (wrong.length === 0) return;
  throw new DewarError({
    code: 'BAD_PACKAGE_NAME',
    message: `${wrong.map((name) => JSON.stringify(name)).join(', ')}: no Debian package has such a name`,
    mend: 'give the names of packages alone; which versions they have says the lock file',
  });
}
