import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { localGuest } from '../../test/support/local-guest.ts';
import { writeSecret } from './write-secret.ts';

const homes: string[] = [];
afterEach(async () => {
  for (const home of homes.splice(0)) await rm(home, { recursive: true, force: true });
});

async function homeIn(directory: string): Promise<string> {
  const home = await mkdtemp(join(directory, 'dewar-test-home-'));
  homes.push(home);
  return home;
}

describe('writeSecret', () => {
  it('writes bytes that only the user may read, over what was there', async () => {
    const home = await homeIn('/dev/shm');
    const guest = await localGuest(home);
    const bytes = Uint8Array.from({ length: 300 }, (_, index) => index % 256);
    await writeSecret(guest, '.aws/it is -here', 'old');
    await writeSecret(guest, '.aws/it is -here', bytes);
    const path = join(home, '.aws/it is -here');
    expect([...(await readFile(path))]).toEqual([...bytes]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(home, '.aws'))).mode & 0o777).toBe(0o700);
    expect(await readdir(join(home, '.aws'))).toEqual(['it is -here']);
  });

  it('never has the secret among the words of a command', async () => {
    const guest = await localGuest(await homeIn('/dev/shm'));
    await writeSecret(guest, '.aws/credentials', 'hunter2');
    expect(JSON.stringify(guest.calls)).not.toContain('hunter2');
  });

  it('refuses a directory that is on a disk', async () => {
    const home = await homeIn('/var/tmp');
    const guest = await localGuest(home);
    await expect(writeSecret(guest, '.aws/credentials', 'hunter2')).rejects.toThrow(
      expect.objectContaining({ code: 'GUEST_NOT_IN_MEMORY' }),
    );
    expect(await readdir(join(home, '.aws'))).toEqual([]);
  });

  it('keeps the old file when only a part of the new one came', async () => {
    const home = await homeIn('/dev/shm');
    const guest = await localGuest(home);
    await writeSecret(guest, '.aws/credentials', 'old');
    const cut: typeof guest = {
      ...guest,
      run: (command, options) => guest.run(command, { ...options, input: 'ne' }),
    };
    await expect(writeSecret(cut, '.aws/credentials', 'new')).rejects.toThrow(
      expect.objectContaining({
        code: 'GUEST_COMMAND_FAILED',
        message: 'writing ~/.aws/credentials failed in the guest, exit code 1: only a part of it came',
      }),
    );
    expect(await readFile(join(home, '.aws/credentials'), 'utf8')).toBe('old');
    expect(await readdir(join(home, '.aws'))).toEqual(['credentials']);
  });
});
