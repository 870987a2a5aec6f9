import { expect, test } from 'vitest';
import { planDisk, planShareDevice } from './plan-device.ts';

test('a disk is raw, and found by its serial number', () => {
  expect(planDisk({ id: 'root', path: '/w/disk', readOnly: true })).toEqual({
    id: 'disk-root',
    path: '/w/disk',
    readonly: true,
    serial: 'root',
    image_type: 'Raw',
  });
});

test('a share is mounted by its tag', () => {
  expect(planShareDevice('src', 'share-src.sock')).toEqual({
    id: 'share-src',
    tag: 'src',
    socket: 'share-src.sock',
    num_queues: 1,
    queue_size: 1024,
  });
});
