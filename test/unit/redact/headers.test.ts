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
  'x-code',
  'state',
  'x-otp',
  'x-user-jwt',
  'sid',
])('the value of %s is replaced', (name) => {
  expect(isSensitiveHeader(name)).toBe(true);
});

test.each([
  'accept',
  'content-type',
  'x-request-id',
  'user-agent',
  'keyboard',
  'traceparent',
  'x-status-code',
  'location',
])('the value of %s is kept', (name) => {
  expect(isSensitiveHeader(name)).toBe(false);
});
