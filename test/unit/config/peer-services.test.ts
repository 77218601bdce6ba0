import { expect, it } from 'vitest';
import { peerServices, peerServicesProblem } from '../../../src/config/peer-services.ts';

it('reads places, the one that says most first', () => {
  const mapping = {
    '10.0.0.7': 'stock',
    'API.example.com:443': 'api',
    'api.example.com:443/v2': 'payments',
    'api.example.com/v2/long': 'long',
    '::1': 'local',
    '[::1]:6379': 'cache',
    'x/': 'x',
  };
  expect(peerServicesProblem(mapping)).toBeUndefined();
  expect(peerServices(mapping)).toEqual([
    { host: 'api.example.com', port: undefined, path: '/v2/long', name: 'long' },
    { host: 'api.example.com', port: 443, path: '/v2', name: 'payments' },
    { host: 'api.example.com', port: 443, path: undefined, name: 'api' },
    { host: '::1', port: 6379, path: undefined, name: 'cache' },
    { host: '10.0.0.7', port: undefined, path: undefined, name: 'stock' },
    { host: '::1', port: undefined, path: undefined, name: 'local' },
    { host: 'x', port: undefined, path: undefined, name: 'x' },
  ]);
});

it.each([
  ['a b', 'x', 'is not host, host:port or host:port/path'],
  ['http://a', 'x', 'is not host, host:port or host:port/path'],
  ['a:99999', 'x', 'is not host, host:port or host:port/path'],
  ['a:b', 'x', 'is not host, host:port or host:port/path'],
  ['a', '', 'has no name'],
])('leaves out %s=%s', (place, name, why) => {
  expect(peerServices({ ok: 'y', [place]: name })).toHaveLength(1);
  expect(peerServicesProblem({ ok: 'y', [place]: name })).toBe(
    ` has "${place}", which ${why}, that part is ignored`,
  );
});
