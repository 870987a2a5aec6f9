import { expect, test } from 'vitest';
import { planSshShare } from './plan-ssh-share.ts';

const SHARE = {
  id: 's',
  source: '/project',
  target: `/home/dewar/it's`,
  readOnly: false,
  hidden: ['.dewar'],
  readOnlyPaths: ['c'],
};
const PLACE = {
  server: '/usr/sftp-server',
  ssh: { arguments: ['-p', '2222'], directory: '/ssh dir' },
  uid: 501,
};

test('the server has a root of its own, in which the user of the guest is this user', () => {
  const { args } = planSshShare(SHARE, PLACE);
  const text = args.slice(3).join(' ');
  expect(text).toMatch(
    /^source \/project at share-s bring \/usr\/sftp-server hide \.dewar fix c map 1000 501 1 run 1000 files \d+ peer /,
  );
  expect(args.slice(args.indexOf('exec'))).toEqual(['exec', '/usr/sftp-server', '-e', '-l', 'ERROR']);
});

test('ssh has a connection of its own, and words of the guest’s shell', () => {
  const { args } = planSshShare({ ...SHARE, readOnly: true }, PLACE);
  const peer = args.flatMap((word, index) => (args[index - 1] === 'peer' ? [word] : []));
  expect(peer.slice(0, -1)).toEqual([
    'sh',
    '-c',
    'cd "$0" && exec ssh "$@"',
    '/ssh dir',
    '-oControlPath=none',
    '-oServerAliveInterval=15',
    '-p',
    '2222',
    'dewar-guest',
  ]);
  expect(peer.at(-1)).toMatch(
    /^'sh' '-c' 'case .* 'sh' '\/home\/dewar\/it'\\''s' 'passive,.*,nosuid,nodev,.*,ro'$/s,
  );
  expect(args.slice(args.indexOf('exec'))).toContain('-R');
});
