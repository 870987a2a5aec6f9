import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { scanHostKey } from './scan-host-key.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dewar-scan-'));
  vi.stubEnv('PATH', `${directory}:${process.env['PATH'] ?? ''}`);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true });
});

/** Stands in for ssh-keyscan; `script` has the number of the try as `$try`. */
async function standIn(script: string): Promise<void> {
  const path = join(directory, 'ssh-keyscan');
  const count = join(directory, 'tries');
  await writeFile(path, `#!/bin/sh\necho "$*" >>'${count}'\ntry=$(wc -l <'${count}')\n${script}\n`);
  await chmod(path, 0o755);
}

test('takes the shortest key, as soon as sshd answers', async () => {
  await standIn(`if [ "$try" -lt 3 ]; then echo 'connect to host: refused' >&2; exit 1; fi
echo '# 10.0.0.2:22 SSH-2.0-OpenSSH_9.2'
echo '10.0.0.2 ssh-rsa AAAAB3'
echo '10.0.0.2 ssh-ed25519 AAAAC3'
echo '10.0.0.2 ssh-dss AAAAB4'`);
  expect(await scanHostKey('10.0.0.2', 22, { deadlineMs: 20_000 })).toBe('ssh-ed25519 AAAAC3');
  const tries = (await readFile(join(directory, 'tries'), 'utf8')).trim().split('\n');
  expect(tries).toHaveLength(3);
  expect(tries[0]).toBe('-T 5 -p 22 -t ed25519,ecdsa,rsa -- 10.0.0.2');
});

test('takes an RSA key where there is no other', async () => {
  await standIn(`echo '10.0.0.2 ssh-rsa AAAAB3'`);
  expect(await scanHostKey('10.0.0.2', 22, { deadlineMs: 20_000 })).toBe('ssh-rsa AAAAB3');
});

test('says what ssh-keyscan said when nobody answers', async () => {
  await standIn(`echo 'getaddrinfo nobody: unknown' >&2`);
  await expect(scanHostKey('nobody', 22, { deadlineMs: 100 })).rejects.toMatchObject({
    code: 'SSH_FAILED',
    message: 'no sshd answered on nobody:22 within 0.1 s: getaddrinfo nobody: unknown',
  });
});

test('ends with who is waited for, and with a signal', async () => {
  await standIn('exit 1');
  const over = new Error('it has ended');
  let tries = 0;
  const check = (): void => {
    if (++tries > 1) throw over;
  };
  await expect(scanHostKey('h', 22, { deadlineMs: 20_000, check })).rejects.toBe(over);
  const signal = AbortSignal.timeout(100);
  await expect(scanHostKey('h', 22, { deadlineMs: 20_000, signal })).rejects.toMatchObject({
    code: 'INTERRUPTED',
  });
});
