import { expect, it } from 'vitest';
import { peerServices } from '../../../src/config/peer-services.ts';
import { peerServiceOf } from '../../../src/naming/peer-services.ts';

it.each([
  ['10.0.0.7', 80, '/', 'stock'],
  ['10.0.0.7', undefined, undefined, 'stock'],
  ['API.example.com', 443, undefined, 'api'],
  ['api.example.com', 443, '/v1/x', 'api'],
  ['api.example.com', 443, '/v2/x', 'payments'],
  ['api.example.com', 80, '/v2/x', undefined],
  ['api.example.com', undefined, undefined, undefined],
  ['elsewhere', 443, '/', undefined],
])('%s %s %s is %s', (address, port, path, name) => {
  const of = peerServiceOf(
    peerServices({ '10.0.0.7': 'stock', 'api.example.com:443': 'api', 'api.example.com:443/v2': 'payments' }),
  );
  expect(of(address, port, path)).toBe(name);
});
