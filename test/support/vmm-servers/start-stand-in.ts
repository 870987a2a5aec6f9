import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { VmmName } from './api-description.ts';
import type { StandIns } from './install-stand-ins.ts';

/** A stand-in that runs by itself, without a driver. */
export interface StartedStandIn extends AsyncDisposable {
  pid: number;
  /** @returns status and body of the answer */
  call(method: string, path: string, body?: unknown): Promise<StandInAnswer>;
  /** Exit code, or the signal, of its end. */
  ended: Promise<number | string>;
}

export interface StandInAnswer {
  status: number;
  body: unknown;
}

const FLAGS: Record<VmmName, string> = { firecracker: '--api-sock', 'cloud-hypervisor': '--api-socket' };
const ROOTS: Record<VmmName, string> = { firecracker: '', 'cloud-hypervisor': '/api/v1' };
const POLL_MS = 20;

/** Starts one in a directory; its API is at `api.sock` there. */
export async function startStandIn(
  name: VmmName,
  { programs }: StandIns,
  directory: string,
): Promise<StartedStandIn> {
  const socket = join(directory, 'api.sock');
  const child = spawn(programs[name], [FLAGS[name], socket], {
    cwd: directory,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  while (!(await listens(socket)) && child.exitCode === null) await sleep(POLL_MS);
  return {
    pid: child.pid ?? 0,
    ended,
    call: (method, path, body) => ask(socket, method, `${ROOTS[name]}${path}`, body),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function listens(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = createConnection(path);
    connection.once('error', () => resolve(false));
    connection.once('connect', () => {
      connection.destroy();
      resolve(true);
    });
  });
}

async function ask(socketPath: string, method: string, path: string, body: unknown): Promise<StandInAnswer> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const asked = request({
    socketPath,
    method,
    path,
    headers:
      text === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
  });
  asked.end(text);
  const [response] = (await once(asked, 'response')) as [AsyncIterable<Buffer> & { statusCode?: number }];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const said = Buffer.concat(chunks).toString('utf8');
  return { status: response.statusCode ?? 0, body: said === '' ? undefined : JSON.parse(said) };
}
