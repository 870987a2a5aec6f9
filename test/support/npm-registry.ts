import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../src/platform/run-command.ts';

export interface NpmRegistry extends AsyncDisposable {
  url: string;
  /** Paths that were asked for. */
  requests: string[];
}

/**
 * Serves one package, made here, to a real npm.
 * @param directory for scratch; absolute
 * @param program that the package brings: it prints the version
 */
export async function npmRegistry(
  directory: string,
  name: string,
  versions: readonly string[],
  program: string,
): Promise<NpmRegistry> {
  const requests: string[] = [];
  const tarballs = new Map<string, Buffer>();
  for (const version of versions)
    tarballs.set(`/${version}.tgz`, await pack(directory, name, version, program));
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '');
    requests.push(path);
    const tarball = tarballs.get(path);
    if (tarball !== undefined) response.end(tarball);
    else if (path === `/${name}`)
      response.end(JSON.stringify(packument(name, versions, tarballs, url, program)));
    else response.writeHead(404).end('{}');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

async function pack(directory: string, name: string, version: string, program: string): Promise<Buffer> {
  const root = join(directory, `registry-${version}`);
  await mkdir(join(root, 'package'), { recursive: true });
  const manifest = { name, version, bin: { [program]: 'program.sh' } };
  await writeFile(join(root, 'package/package.json'), JSON.stringify(manifest, undefined, 2));
  await writeFile(join(root, 'package/program.sh'), `#!/bin/sh\necho ${version}\n`, { mode: 0o755 });
  const file = join(root, 'package.tgz');
  await runCommand('tar', ['-C', root, '-czf', file, 'package']);
  return readFile(file);
}

function packument(
  name: string,
  versions: readonly string[],
  tarballs: ReadonlyMap<string, Buffer>,
  url: string,
  program: string,
): unknown {
  const entries = versions.map((version): [string, unknown] => {
    const integrity = createHash('sha512')
      .update(tarballs.get(`/${version}.tgz`) ?? '')
      .digest('base64');
    const dist = { tarball: `${url}/${version}.tgz`, integrity: `sha512-${integrity}` };
    return [version, { name, version, bin: { [program]: 'program.sh' }, dist }];
  });
  return { name, 'dist-tags': { latest: versions.at(-1) }, versions: Object.fromEntries(entries) };
}
