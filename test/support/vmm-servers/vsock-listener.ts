import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import type { Control } from './control.ts';
import { misdeeds } from './misdeeds.ts';

/** The port on which the guest's agent listens. */
const AGENT_PORT = 1024;
const NEWLINE = 0x0a;

/**
 * Listens on a unix socket as the vsock devices of both VMMs do: whoever connects says `CONNECT <port>`, is answered
 * `OK <number>` when somebody listens on that port in the guest, and is connected to them then; else the connection closes.
 * @throws when the path is taken
 */
export function listenVsock(
  path: string,
  control: Control,
  connectAgent: () => Socket | undefined,
): Promise<Server> {
  const misdeedOf = misdeeds(control);
  let connections = 0;
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    let head = Buffer.alloc(0);
    const onData = (chunk: Buffer): void => {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf(NEWLINE);
      if (end === -1) return;
      socket.off('data', onData);
      socket.pause();
      connect(socket, head.subarray(0, end).toString('latin1'), head.subarray(end + 1));
    };
    socket.on('data', onData);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve(server));
  });

  function connect(socket: Socket, words: string, rest: Buffer): void {
    const misdeed = misdeedOf('CONNECT')?.does;
    if (misdeed === 'die') return void process.kill(process.pid, 'SIGKILL');
    if (misdeed === 'stall') return;
    const agent = misdeed === undefined && words === `CONNECT ${AGENT_PORT}` ? connectAgent() : undefined;
    if (agent === undefined) return void socket.destroy();
    agent.on('error', () => socket.destroy());
    agent.on('close', () => socket.destroy());
    socket.on('close', () => agent.destroy());
    agent.once('connect', () => {
      socket.write(`OK ${2 ** 30 + connections++}\n`);
      agent.write(rest);
      socket.pipe(agent);
      agent.pipe(socket);
    });
  }
}
