import { expect, test } from 'vitest';
import { statePaths } from './state-paths.ts';

test('the state of the first machine lies beside the config', () => {
  expect(statePaths('/w')).toEqual({
    root: '/w/.dewar',
    directory: '/w/.dewar',
    lock: '/w/.dewar/lock',
    journal: '/w/.dewar/journal.json',
    disk: '/w/.dewar/root.qcow2',
    diskImage: '/w/.dewar/root.image',
    diskDriver: '/w/.dewar/root.driver',
    ssh: '/w/.dewar/ssh',
    logs: '/w/.dewar/logs',
    forks: '/w/.dewar/forks',
  });
});

test('that of another one below it, but for the key pair, which is the workspace’s', () => {
  expect(statePaths('/w', 'two')).toEqual({
    root: '/w/.dewar',
    directory: '/w/.dewar/forks/two',
    lock: '/w/.dewar/forks/two/lock',
    journal: '/w/.dewar/forks/two/journal.json',
    disk: '/w/.dewar/forks/two/root.qcow2',
    diskImage: '/w/.dewar/forks/two/root.image',
    diskDriver: '/w/.dewar/forks/two/root.driver',
    ssh: '/w/.dewar/ssh',
    logs: '/w/.dewar/forks/two/logs',
    forks: '/w/.dewar/forks',
  });
});
