import { expect, test } from 'vitest';
import { isSensitiveHeader } from '../../../src/redact/headers.ts';

test.each([
  'Cookie',
  'set-cookie',
  'Authorization',
  'proxy-authorization',
  'x-api-key',
  'apikey',
  'x-csrf-token',
  'x-amz-security-token',
  'x-session-id',
  'x-credit-limit',
  'x-card-number',
  'www-authenticate',
  'x-principal-name',
  'password',
  'x-passwd',
  'pwd',
  'client-secret',
])('the value of %s is replaced', (name) => {
  expect(isSensitiveHeader(name)).toBe(true);
});

test.each(['accept', 'content-type', 'x-request-id', 'user-agent', 'keyboard', 'traceparent'])(
  'the value of %s is kept',
  (name) => {
    expect(isSensitiveHeader(name)).toBe(false);
  },
);
