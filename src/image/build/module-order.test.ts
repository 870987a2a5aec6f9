import { describe, expect, test } from 'vitest';
import { moduleDepends, moduleName, moduleOrder } from './module-order.ts';

const GRAPH: Record<string, string[]> = {
  virtio_net: ['virtio', 'virtio_ring', 'net_failover'],
  net_failover: ['failover'],
  failover: [],
  virtio: ['virtio_ring'],
  virtio_ring: [],
};

function find(name: string): { name: string; depends: string[] } | undefined {
  const depends = GRAPH[name];
  return depends === undefined ? undefined : { name, depends };
}

describe('moduleOrder', () => {
  test('puts each module after what it depends on, once', () => {
    expect(moduleOrder(['virtio_net', 'virtio'], find)).toEqual([
      'virtio_ring',
      'virtio',
      'failover',
      'net_failover',
      'virtio_net',
    ]);
  });

  test('leaves out what is built into the kernel', () => {
    expect(moduleOrder(['ext4', 'failover'], find)).toEqual(['failover']);
  });
});

describe('moduleDepends', () => {
  test('reads the list of the .modinfo section, in which a dash is an underscore', () => {
    const modinfo = Buffer.from(
      '\x7fELF…\0license=GPL\0depends=virtio,virtio-ring\0name=virtio_net\0',
      'latin1',
    );
    expect(moduleDepends(modinfo)).toEqual(['virtio', 'virtio_ring']);
  });

  test.each(['\0depends=\0name=x\0', '\0name=x\0', ''])('is empty for %j', (text) => {
    expect(moduleDepends(Buffer.from(text, 'latin1'))).toEqual([]);
  });

  test('reads a part of a larger buffer', () => {
    const whole = Buffer.from('xx\0depends=a\0yy\0depends=b\0', 'latin1');
    expect(moduleDepends(whole.subarray(14))).toEqual(['b']);
  });
});

test.each([
  ['kernel/drivers/char/hw_random/virtio-rng.ko', 'virtio_rng'],
  ['fuse.ko.xz', 'fuse'],
  ['/a/b/virtiofs.ko.zst', 'virtiofs'],
])('the module of %s is %s', (file, name) => {
  expect(moduleName(file)).toBe(name);
});
