import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/** A network of its own, in which programs of this test run. */
export interface NetworkNamespace extends AsyncDisposable {
  ip(...args: string[]): Promise<void>;
  /** @returns absolute path of a program that runs another one in it */
  wrap(program: string, name: string): Promise<string>;
  /** Has the wrapped programs. */
  bin: string;
}

/** Needs root. */
export async function networkNamespace(directory: string): Promise<NetworkNamespace> {
  const name = `dewar-test-${process.pid}-${Date.now()}`;
  const bin = join(directory, 'bin');
  await mkdir(bin);
  await execa('ip', ['netns', 'add', name]);
  return {
    bin,
    ip: async (...args) => void (await execa('ip', ['-netns', name, ...args])),
    async wrap(program, as) {
      const path = join(bin, as);
      await writeFile(path, `#!/bin/sh\nexec nsenter --net=/run/netns/${name} '${program}' "$@"\n`);
      await chmod(path, 0o755);
      return path;
    },
    [Symbol.asyncDispose]: async () => void (await execa('ip', ['netns', 'delete', name])),
  };
}
