import { expect, test } from 'vitest';
import { describeCard, setAddress } from './set-address.ts';

const NETWORK = { guest: '198.18.77.30', host: '198.18.77.29', prefix: 30 };

test('the card of a guest on a TAP', () => {
  const lines = describeCard(NETWORK).split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      'Address=198.18.77.30/30',
      'Gateway=198.18.77.29',
      'DNS=198.18.77.29',
      'DHCP=no',
      'IPv6AcceptRA=no',
    ]),
  );
});

function fails(): Promise<{ exitCode: number; stdout: Buffer; stderr: string }> {
  return Promise.resolve({ exitCode: 1, stdout: Buffer.alloc(0), stderr: 'no networkd\n' });
}

test('a guest that does not take it is none that can be used', async () => {
  await expect(setAddress({ run: fails }, NETWORK, {})).rejects.toMatchObject({
    code: 'GUEST_UNFIT',
    message: expect.stringContaining('no networkd') as string,
  });
});
