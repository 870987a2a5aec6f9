import { replaceProperty } from './replace-property.ts';

/** As long as it lasts, what is printed goes to stderr: stdout is for results. */
export function stdoutToStderr(): Disposable {
  const { stdout, stderr } = process;
  return replaceProperty(stdout, 'write', stderr.write.bind(stderr));
}
