import { expect, test } from 'vitest';
import { locateCache } from './locate-cache.ts';

const HOMES = { host: '/home/me', guest: '/home/dewar' };
const NPM = {
  name: 'npm',
  host: {
    path: '~/.npm/_cacache',
    overrides: ['TOOL_CACHE', { name: 'XDG_CACHE_HOME', below: 'npm' }],
  },
  guest: '~/.npm/_cacache',
  exclude: ['tmp/**'],
};

test.each([
  [{}, '/home/me/.npm/_cacache', undefined],
  [{ XDG_CACHE_HOME: '/x' }, '/x/npm', 'XDG_CACHE_HOME'],
  [{ XDG_CACHE_HOME: '/x', TOOL_CACHE: '~/c' }, '/home/me/c', 'TOOL_CACHE'],
  [{ TOOL_CACHE: '' }, '/home/me/.npm/_cacache', undefined],
])('with %j the cache is at %s', (env, host, variable) => {
  expect(locateCache(NPM, env, HOMES)).toEqual({
    name: 'npm',
    host,
    variable,
    guest: '/home/dewar/.npm/_cacache',
    exclude: ['tmp/**'],
    unpacked: [],
  });
});

test('a place in the guest may be absolute', () => {
  expect(locateCache({ ...NPM, guest: '/var/cache/npm' }, {}, HOMES).guest).toBe('/var/cache/npm');
});
