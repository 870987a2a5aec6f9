import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NetworkPolicy } from '../../src/network/policy.ts';
import { DEWAR } from '../support/image-cli.ts';
import { FILTERED, INTERNET, networkLab } from '../support/network-lab/network-lab.ts';
import type { NetworkLab } from '../support/network-lab/network-lab.ts';
import { whyNoLab } from '../support/network-lab/why-no-lab.ts';

const why = await whyNoLab();

// The built program on the lab's host. In place of ssh, which brings a guest's connections, is one that only waits.
describe.skipIf(why !== undefined)(
  `the proxy of a guest without a network (skipped: ${why ?? 'never'})`,
  () => {
    let lab: NetworkLab;
    let directory = '';
    let child: ChildProcess;

    const policy = (changes: Partial<NetworkPolicy>): Promise<void> =>
      writeFile(join(directory, 'policy.json'), JSON.stringify({ ...FILTERED, ...changes }));
    const say = async (...parts: string[]): Promise<string> =>
      (await lab.host.ask<{ said: string }>('proxy', { socket: join(directory, 'socket'), parts })).said;
    const connect = (target: string): Promise<string> =>
      say(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`, 'GET /bytes/3 HTTP/1.0\r\n\r\n');

    beforeAll(async () => {
      lab = await networkLab();
      directory = join(lab.directory, 'egress');
      const bin = join(lab.directory, 'bin');
      await mkdir(directory);
      await mkdir(bin);
      await writeFile(
        join(bin, 'ssh'),
        `#!/bin/sh\nprintf '%s\\n' "$@" >'${directory}/ssh'\nexec sleep 600\n`,
      );
      await chmod(join(bin, 'ssh'), 0o755);
      await policy({});
      const words = [
        ...lab.onHost.slice(1),
        process.execPath,
        DEWAR,
        'network',
        'proxy',
        directory,
        '3128',
        '/tmp',
        '-F',
        'none',
      ];
      child = spawn(lab.onHost[0] ?? '', words, {
        env: { PATH: `${bin}:${process.env['PATH'] ?? ''}`, DEWAR_RESOLV_CONF: lab.access.resolvFile },
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      for (const end = performance.now() + 20_000; performance.now() < end; await sleep(50))
        if ((await readFile(join(directory, 'ssh'), 'utf8').catch(() => '')) !== '') break;
    });
    afterAll(async () => {
      child.kill('SIGTERM');
      await once(child, 'exit');
      await lab[Symbol.asyncDispose]();
    });

    test('ssh is told to bring what the guest says to its own loopback, and nothing else', async () => {
      expect((await readFile(join(directory, 'ssh'), 'utf8')).split('\n')).toEqual([
        '-N',
        '-oControlPath=none',
        '-oExitOnForwardFailure=yes',
        '-oServerAliveInterval=15',
        '-R',
        `127.0.0.1:3128:${directory}/socket`,
        '-F',
        'none',
        'dewar-guest',
        '',
      ]);
    });

    test('an allowed name is reached, by CONNECT and by its URL', async () => {
      const said = await connect('allowed.example:80');
      expect(said).toMatch(/^HTTP\/1\.1 200 Connection established\r\n\r\nHTTP\/1\.1 200 OK/);
      expect(said).toMatch(/xxx$/);
      expect(await connect('WWW.Allowed.Example:80')).toContain('200 OK');
      const get = 'GET http://allowed.example/bytes/5 HTTP/1.1\r\nHost: allowed.example\r\n';
      expect(await say(get, '\r\n')).toMatch(/^HTTP\/1\.1 200 OK[^]*xxxxx$/);
    });

    test.each([
      ['a name outside', 'denied.example:80', 403],
      ['a name that only ends like an allowed one', 'notallowed.example:80', 403],
      ['another port', 'allowed.example:22', 403],
      ['an address by its number', `${INTERNET.denied}:80`, 403],
      ['an allowed address by its number', `${INTERNET.allowed}:80`, 403],
      ['a number for an address', '755695363:80', 403],
      ['an allowed name that leads to a private address', 'private.allowed.example:80', 403],
      ['an allowed name that leads to this host', 'self.allowed.example:80', 403],
      ['an allowed name that leads to loopback', 'loopback.allowed.example:80', 403],
      ['an allowed name that leads to metadata', 'metadata.allowed.example:80', 403],
      ['localhost', 'localhost:80', 403],
      ['metadata', '169.254.169.254:80', 403],
      ['IPv6', '[::1]:80', 400],
      ['an allowed name before another', 'allowed.example:80@denied.example:80', 400],
      ['an allowed name that is not there', 'nowhere.allowed.example:80', 403],
    ])('CONNECT to %s is refused', async (_, target, status) => {
      const before = [await lab.internet.ask('hits'), await lab.lan.ask('hits'), await lab.host.ask('hits')];
      expect(await connect(target)).toMatch(
        new RegExp(`^HTTP/1\\.1 ${status} [^]*\ndewar: |^HTTP/1\\.1 ${status} `),
      );
      expect([await lab.internet.ask('hits'), await lab.lan.ask('hits'), await lab.host.ask('hits')]).toEqual(
        before,
      );
    });

    test('names outside are asked of nobody', async () => {
      await lab.internet.ask('asked');
      await connect(`${'x'.repeat(50)}.tunnel.denied.example:443`);
      expect(await lab.internet.ask('asked')).toEqual([]);
    });

    test('a connection is one target: a second request does not get another', async () => {
      const first = 'GET http://allowed.example/bytes/1 HTTP/1.1\r\nHost: allowed.example\r\n\r\n';
      const second = 'GET http://denied.example/bytes/1 HTTP/1.1\r\nHost: denied.example\r\n\r\n';
      const said = await say(first + second);
      expect(said.match(/HTTP\/1\.1 200/g)).toHaveLength(1);
    });

    test('what is no request, or has no end, is refused', async () => {
      expect(await say('SSH-2.0-OpenSSH\r\n\r\n')).toMatch(/^HTTP\/1\.1 400/);
      expect(await say(`GET http://allowed.example/ HTTP/1.1\r\nX: ${'x'.repeat(40_000)}`)).toMatch(
        /^HTTP\/1\.1 400/,
      );
    });

    test('a changed policy counts for the next connection; all is counted', async () => {
      expect(await connect('second.example:80')).toContain('403');
      await policy({ domains: ['allowed.example', 'second.example'] });
      expect(await connect('second.example:80')).toContain('200 OK');
      await policy({ ranges: ['192.168.50.0/24'] });
      expect(await connect('private.allowed.example:80')).toContain('200 OK');
      expect(await connect(`${INTERNET.lanHost}:80`)).toContain('403');
      await sleep(1500);
      const names = JSON.parse(await readFile(join(directory, 'names.json'), 'utf8')) as unknown[];
      expect(names).toEqual(
        expect.arrayContaining([
          { name: 'second.example', verdict: 'allowed', count: 2 },
          { name: 'denied.example', verdict: 'denied', count: 1 },
        ]),
      );
    });

    test('100 connections at once', async () => {
      await policy({});
      const all = await Promise.all(Array.from({ length: 100 }, () => connect('allowed.example:80')));
      expect(all.filter((said) => said.includes('200 OK'))).toHaveLength(100);
    });
  },
);
