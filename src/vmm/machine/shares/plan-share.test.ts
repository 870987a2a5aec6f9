import { expect, test } from 'vitest';
import type { VirtiofsdProgram } from './find-virtiofsd.ts';
import { planShare } from './plan-share.ts';
import type { PluggedShare } from './plan-share.ts';

const SHARE: PluggedShare = { id: 'src', source: '/a, b', readOnly: false };
const C: VirtiofsdProgram = { path: '/c', kind: 'c', translates: false, announces: false };
const RUST: VirtiofsdProgram = { path: '/rust', kind: 'rust', translates: true, announces: true };
const PLACE = { directory: String.raw`/m, \d`, socket: 's.sock', uid: 0 };

/** @returns the words for the jail, and those of the daemon */
function words(...input: Parameters<typeof planShare>): { jail: string[]; daemon: string[] } {
  const { args } = planShare(...input);
  const exec = args.indexOf('exec');
  return { jail: args.slice(3, exec), daemon: args.slice(exec + 1) };
}

test('the virtiofsd of QEMU takes its directory as one of many options', () => {
  expect(words(C, SHARE, PLACE).daemon).toEqual([
    '/c',
    '--fd=FD',
    '--rlimit-nofile=0',
    '-o',
    String.raw`source=/m\, \\d/share-src`,
    '-o',
    'modcaps=-fsetid:-mknod:-setfcap',
    '-o',
    'log_level=err',
  ]);
});

test('its successor takes words of their own, and shows no mounts', () => {
  expect(words(RUST, SHARE, PLACE).daemon).toEqual([
    '/rust',
    '--fd=FD',
    '--rlimit-nofile=0',
    '--shared-dir',
    String.raw`/m, \d/share-src`,
    '--cache',
    'auto',
    '--modcaps=-fsetid:-mknod:-setfcap',
    '--log-level=error',
    '--no-announce-submounts',
  ]);
});

test('the jail has what is shared, hidden and held read-only', () => {
  const share = { ...SHARE, readOnly: true, hidden: ['.dewar'], readOnlyPaths: ['dewar.config.ts', '-x'] };
  expect(words(C, share, PLACE).jail.join(' ')).toContain(
    'source /a, b at share-src readonly 1 hide .dewar fix dewar.config.ts fix -x map ',
  );
});

test.each([
  ['root: the root of the guest is nobody here', RUST, 0, 'map 1000 0 1 map 0 2000000000 1 run 0', []],
  ['a plain user: the daemon knows only him', C, 501, 'map 1000 501 1 run 1000 capable 1', []],
  [
    'a plain user: the daemon takes the root of the guest for him, too',
    RUST,
    501,
    'map 0 501 1 run 0',
    [
      '--translate-uid=map:1000:0:1',
      '--translate-uid=squash-guest:0:0:1',
      '--translate-gid=map:1000:0:1',
      '--translate-gid=squash-guest:0:0:1',
    ],
  ],
])('the user of the guest is who runs this; %s', (_name, program, uid, ids, translation) => {
  const { jail, daemon } = words(program, SHARE, { ...PLACE, uid });
  expect(jail.join(' ')).toContain(`${ids} files `);
  expect(daemon.filter((word) => word.startsWith('--translate'))).toEqual(translation);
});
