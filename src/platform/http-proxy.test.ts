import { expect, test } from 'vitest';
import { parseRequest } from './http-proxy.ts';

test('CONNECT', () => {
  expect(parseRequest('CONNECT Example.COM:443 HTTP/1.1\r\nHost: other.example')).toEqual({
    host: 'example.com',
    port: 443,
    forwarded: undefined,
  });
});

test('a request with a whole URL is that of the target, by itself', () => {
  const head = [
    'GET http://example.com:8080/a?b HTTP/1.1',
    'Host: example.com:8080',
    'Proxy-Connection: keep-alive',
    'Proxy-Authorization: Basic x',
    'Connection: keep-alive',
    'Accept: */*',
  ];
  expect(parseRequest(head.join('\r\n'))).toEqual({
    host: 'example.com',
    port: 8080,
    forwarded: [
      'GET /a?b HTTP/1.1',
      'Host: example.com:8080',
      'Accept: */*',
      'Connection: close',
      '',
      '',
    ].join('\r\n'),
  });
  expect(parseRequest('GET http://example.com HTTP/1.0')).toMatchObject({ host: 'example.com', port: 80 });
});

test.each([
  ['GET / HTTP/1.1'],
  ['CONNECT example.com HTTP/1.1'],
  ['CONNECT example.com:0 HTTP/1.1'],
  ['CONNECT example.com:99999 HTTP/1.1'],
  ['CONNECT user@example.com:443 HTTP/1.1'],
  ['CONNECT [::1]:443 HTTP/1.1'],
  ['CONNECT a b:443 HTTP/1.1'],
  ['GET http://allowed.example@denied.example/ HTTP/1.1'],
  ['GET https://example.com/ HTTP/1.1'],
  ['GET ftp://example.com/ HTTP/1.1'],
  ['GET http:///path HTTP/1.1'],
  ['SSH-2.0-x'],
  [''],
])('%j is no request', (head) => {
  expect(parseRequest(head)).toBeUndefined();
});
