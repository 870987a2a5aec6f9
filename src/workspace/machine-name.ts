import type { ResolvedConfig } from '../config/resolved-config.ts';

/** @returns the name of a machine, also its host name */
export function machineName({ name }: Pick<ResolvedConfig, 'name'>, fork?: string): string {
  return fork === undefined ? name : `${name}-${fork}`;
}
