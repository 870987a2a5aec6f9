import { replaceProperty } from './replace-property.ts';

/** A config called `process.exit`. */
export class ExitTrapped extends Error {}

/**
 * As long as it lasts, `process.exit` throws, and an exit code that is set is forgotten.
 * @param onExit called with what it throws
 */
export function trapExit(onExit: (error: ExitTrapped) => void): Disposable {
  const { exitCode } = process;
  const trap = replaceProperty(process, 'exit', (code) => {
    const error = new ExitTrapped(`process.exit(${code ?? ''})`);
    onExit(error);
    throw error;
  });
  return {
    [Symbol.dispose]() {
      trap[Symbol.dispose]();
      process.exitCode = exitCode;
    },
  };
}
