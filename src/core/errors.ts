import { EXIT } from './exit-codes.ts';

export interface DewarErrorInit {
  /** Stable upper-case identifier, listed in docs/errors.md. */
  code: string;
  /** Names the thing and its value. */
  message: string;
  /** What the user can do about it. */
  mend: string;
  /** Debian packages that mend it, which `dewar setup` can install. */
  packages?: readonly string[];
  cause?: unknown;
  exitCode?: number;
}

/** Every expected failure of dewar. The CLI's entry alone turns it into output and an exit code. */
export class DewarError extends Error {
  readonly code: string;
  readonly mend: string;
  readonly packages: readonly string[];
  readonly exitCode: number;

  constructor(init: DewarErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    this.name = 'DewarError';
    this.code = init.code;
    this.mend = init.mend;
    this.packages = init.packages ?? [];
    this.exitCode = init.exitCode ?? EXIT.error;
  }
}
