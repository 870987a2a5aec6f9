// Runs in a network namespace, and does there what a test asks for, a line of JSON each. No more than Node has.
import { createSocket } from 'node:dgram';
import { createServer as createHttp, get as httpGet } from 'node:http';
import { connect as tcpConnect, createServer as createTcp } from 'node:net';
import { createInterface } from 'node:readline';

const hits = {};
const asked = [];
const count = (name) => (hits[name] = (hits[name] ?? 0) + 1);
const TYPES = { A: 1, CNAME: 5, TXT: 16, AAAA: 28, ANY: 255 };

const operations = {
  connect: ({ host, port, ms = 2000, localAddress }) =>
    new Promise((resolve) => {
      const start = performance.now();
      const socket = tcpConnect({ host, port, localAddress });
      const done = (how) => {
        clearTimeout(timer);
        socket.destroy();
        resolve({ how, ms: performance.now() - start });
      };
      const timer = setTimeout(() => done('timeout'), ms);
      socket.once('connect', () => done('connected'));
      socket.once('error', (error) => done(error.code));
    }),

  get: ({ host, port = 80, path = '/', ms = 20_000, keep = false }) =>
    new Promise((resolve) => {
      const request = httpGet(
        { host, port, path, agent: keep ? undefined : false, timeout: ms },
        (response) => {
          let bytes = 0;
          response.on('data', (chunk) => (bytes += chunk.length));
          response.on('end', () => resolve({ status: response.statusCode, bytes }));
          response.on('error', (error) => resolve({ error: error.code, bytes }));
        },
      );
      request.on('error', (error) => resolve({ error: error.code ?? String(error) }));
      request.on('timeout', () => request.destroy(new Error('timeout')));
    }),

  async many({ host, port, path, count }) {
    const all = await Promise.all(Array.from({ length: count }, () => operations.get({ host, port, path })));
    const failed = all.filter(({ status }) => status !== 200);
    return {
      done: all.length - failed.length,
      bytes: all.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0),
      failed,
    };
  },

  udp: ({ host, port, text = 'hello', ms = 1000, address }) =>
    new Promise((resolve) => {
      const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
      const done = (how) => {
        clearTimeout(timer);
        socket.close();
        resolve({ how });
      };
      const timer = setTimeout(() => done('timeout'), ms);
      socket.once('error', (error) => done(error.code));
      socket.once('message', () => done('answered'));
      // What is refused is told to a connected socket alone.
      const send = () =>
        socket.connect(port, host, (error) => (error ? done(error.code) : socket.send(text)));
      if (address === undefined) send();
      else socket.bind({ address }, send);
    }),

  dns: ({ server, name, type = 'A', tcp = false, port = 53, ms = 3000 }) =>
    new Promise((resolve) => {
      const start = performance.now();
      const query = encodeQuery(name, TYPES[type]);
      const done = (result) => {
        clearTimeout(timer);
        resolve({ ...result, ms: performance.now() - start });
      };
      const timer = setTimeout(() => done({ how: 'timeout' }), ms);
      if (tcp) {
        const socket = tcpConnect({ host: server, port });
        socket.on('error', (error) => done({ how: error.code }));
        socket.on('connect', () => {
          const length = Buffer.alloc(2);
          length.writeUInt16BE(query.length);
          socket.write(Buffer.concat([length, query]));
        });
        let data = Buffer.alloc(0);
        socket.on('data', (chunk) => {
          data = Buffer.concat([data, chunk]);
          if (data.length < 2 || data.length < 2 + data.readUInt16BE(0)) return;
          done(decodeAnswer(data.subarray(2)));
          socket.destroy();
        });
        return;
      }
      const socket = createSocket('udp4');
      socket.on('error', (error) => {
        socket.close();
        done({ how: error.code });
      });
      socket.on('message', (message) => {
        socket.close();
        done(decodeAnswer(message));
      });
      socket.connect(port, server, (error) => (error ? done({ how: error.code }) : socket.send(query)));
    }),

  // A name is resolved and then used, as programs do.
  async reach({ server, name, port = 80 }) {
    const { rcode, addresses = [], how } = await operations.dns({ server, name });
    if (addresses.length === 0) return { how: how ?? `rcode ${rcode}` };
    return await operations.get({ host: addresses[0], port });
  },

  listen: ({ kind, host = '0.0.0.0', port, size = 2, name = `${kind}:${port}` }) =>
    new Promise((resolve, reject) => {
      const body = Buffer.alloc(64 << 10, 120);
      if (kind === 'udp') {
        const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
        socket.on('message', (_, { address, port: from }) => {
          count(name);
          socket.send('answer', from, address);
        });
        socket.on('error', reject);
        socket.bind({ port, address: host }, () => resolve({}));
        return;
      }
      const server =
        kind === 'tcp'
          ? createTcp((socket) => {
              count(name);
              socket.on('error', () => undefined);
              socket.end();
            })
          : createHttp(async (request, response) => {
              count(name);
              // One byte each half second.
              const slowly = Number(/^\/slowly\/(\d+)$/.exec(request.url)?.[1] ?? 0);
              if (slowly > 0) {
                response.writeHead(200, { 'content-length': slowly });
                for (let at = 0; at < slowly; at++) {
                  response.write('x');
                  await new Promise((resolve) => setTimeout(resolve, 500));
                }
                response.end();
                return;
              }
              let left = Number(/^\/bytes\/(\d+)$/.exec(request.url)?.[1] ?? size);
              response.writeHead(200, { 'content-length': left });
              while (left > 0) {
                const chunk = body.subarray(0, Math.min(left, body.length));
                left -= chunk.length;
                if (!response.write(chunk)) await new Promise((resolve) => response.once('drain', resolve));
              }
              response.end();
            });
      server.on('error', reject);
      server.listen({ port, host, backlog: 1024 }, () => resolve({}));
    }),

  /** `zone`: lists of addresses by name, a name for a CNAME; `ttl` in seconds. */
  async serveDns({ host, zone, ttl = 5 }) {
    const answer = (query) => {
      const { name, type } = decodeQuestion(query);
      asked.push(name);
      return encodeAnswer(query, zone, name, type, ttl);
    };
    const socket = createSocket('udp4');
    socket.on('message', (query, { address, port }) => socket.send(answer(query), port, address));
    await new Promise((resolve) => socket.bind(53, host, resolve));
    const server = createTcp((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (data) => {
        const reply = answer(data.subarray(2));
        const length = Buffer.alloc(2);
        length.writeUInt16BE(reply.length);
        socket.end(Buffer.concat([length, reply]));
      });
    });
    await new Promise((resolve) => server.listen(53, host, resolve));
    operations.zone = ({ name, addresses }) => {
      zone[name] = addresses;
      return {};
    };
    return {};
  },

  // What a client says to a proxy on a Unix socket, in parts, and what comes back.
  proxy: ({ socket: path, parts, ms = 3000 }) =>
    new Promise((resolve) => {
      const socket = tcpConnect({ path });
      let said = '';
      const done = (how) => {
        clearTimeout(timer);
        socket.destroy();
        resolve({ how, said });
      };
      const timer = setTimeout(() => done('timeout'), ms);
      socket.on('connect', async () => {
        for (const part of parts) {
          socket.write(part);
          await new Promise((next) => setTimeout(next, 100));
        }
      });
      socket.on('data', (chunk) => (said += chunk.toString('latin1')));
      socket.on('end', () => done('ended'));
      socket.on('error', (error) => done(error.code));
    }),

  hits: () => hits,
  asked: () => asked.splice(0),
};

function encodeName(name) {
  const parts = name.split('.').filter((part) => part !== '');
  return Buffer.concat([
    ...parts.flatMap((part) => [Buffer.from([part.length]), Buffer.from(part)]),
    Buffer.from([0]),
  ]);
}

function encodeQuery(name, type) {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(Math.floor(Math.random() * 65536), 0);
  head.writeUInt16BE(0x0100, 2);
  head.writeUInt16BE(1, 4);
  const tail = Buffer.alloc(4);
  tail.writeUInt16BE(type, 0);
  tail.writeUInt16BE(1, 2);
  return Buffer.concat([head, encodeName(name), tail]);
}

function readName(message, at) {
  const parts = [];
  let end;
  for (;;) {
    const length = message[at];
    if (length >= 0xc0) {
      end ??= at + 2;
      at = message.readUInt16BE(at) & 0x3fff;
    } else if (length === 0) return { name: parts.join('.'), end: end ?? at + 1 };
    else {
      parts.push(message.toString('latin1', at + 1, at + 1 + length));
      at += 1 + length;
    }
  }
}

function decodeQuestion(message) {
  const { name, end } = readName(message, 12);
  return { name: name.toLowerCase(), type: message.readUInt16BE(end), end: end + 4 };
}

function decodeAnswer(message) {
  const rcode = message[3] & 15;
  const addresses = [];
  let ttl;
  let at = decodeQuestion(message).end;
  for (let left = message.readUInt16BE(6); left > 0; left--) {
    at = readName(message, at).end;
    const type = message.readUInt16BE(at);
    ttl = message.readUInt32BE(at + 4);
    const length = message.readUInt16BE(at + 8);
    if (type === 1) addresses.push([...message.subarray(at + 10, at + 14)].join('.'));
    at += 10 + length;
  }
  return { rcode, addresses, ttl };
}

function encodeAnswer(query, zone, name, type, ttl) {
  const question = query.subarray(12, decodeQuestion(query).end);
  const records = [];
  const add = (owner, recordType, data) => {
    const head = Buffer.alloc(10);
    head.writeUInt16BE(recordType, 0);
    head.writeUInt16BE(1, 2);
    head.writeUInt32BE(ttl, 4);
    head.writeUInt16BE(data.length, 8);
    records.push(Buffer.concat([encodeName(owner), head, data]));
  };
  let owner = name;
  let found = zone[owner];
  if (typeof found === 'string') {
    add(owner, 5, encodeName(found));
    owner = found;
    found = zone[owner];
  }
  if (type === 1)
    for (const address of found ?? []) add(owner, 1, Buffer.from(address.split('.').map(Number)));
  if (type === 28 && found !== undefined)
    add(owner, 28, Buffer.from('20010db8000000000000000000000001', 'hex'));
  const head = Buffer.alloc(12);
  query.copy(head, 0, 0, 2);
  head.writeUInt16BE(found === undefined ? 0x8583 : 0x8580, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(records.length, 6);
  return Buffer.concat([head, question, ...records]);
}

createInterface({ input: process.stdin })
  .on('line', async (line) => {
    const { id, do: name, ...rest } = JSON.parse(line);
    try {
      process.stdout.write(`${JSON.stringify({ id, result: await operations[name](rest) })}\n`);
    } catch (error) {
      process.stdout.write(`${JSON.stringify({ id, error: String(error) })}\n`);
    }
  })
  .on('close', () => process.exit());
