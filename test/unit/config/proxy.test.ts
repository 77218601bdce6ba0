import { expect, test } from 'vitest';
import { proxyFor } from '../../../src/config/proxy.ts';

const PROXY = 'http://proxy.test:3128';
const on = { NODE_USE_ENV_PROXY: '1' };
const url = (target: string, env: Record<string, string>, execArgv: string[] = []): string | undefined =>
  proxyFor(target, env, execArgv);

test('a proxy is used where the requests of the app use one', () => {
  const http = 'http://collector.test:4318/v1/traces';
  const https = 'https://collector.test/v1/traces';
  expect(url(http, { HTTP_PROXY: PROXY })).toBeUndefined();
  expect(url(http, { ...on, HTTP_PROXY: PROXY })).toBe(PROXY);
  expect(url(http, { HTTP_PROXY: PROXY }, ['--use-env-proxy'])).toBe(PROXY);
  expect(url(http, { HTTP_PROXY: PROXY, NODE_OPTIONS: '--enable-source-maps --use-env-proxy' })).toBe(PROXY);
  expect(url(http, { ...on, HTTPS_PROXY: PROXY })).toBeUndefined();
  expect(url(https, { ...on, HTTPS_PROXY: PROXY })).toBe(PROXY);
  expect(url(https, { ...on, HTTPS_PROXY: PROXY, https_proxy: 'http://lower.test' })).toBe(
    'http://lower.test',
  );
  expect(url(http, { ...on, HTTP_PROXY: 'socks5://proxy.test' })).toBeUndefined();
  expect(url(http, { ...on, HTTP_PROXY: 'proxy.test:3128' })).toBeUndefined();
});

test.each<[string, string, boolean]>([
  ['*', 'http://a.test/', true],
  ['b.test, a.test', 'http://a.test/', true],
  ['b.test a.test', 'http://A.TEST/', true],
  ['test', 'http://a.test/', false],
  ['.test', 'http://a.test/', true],
  ['*.test', 'http://a.test/', true],
  ['*.test', 'http://test/', false],
  ['a.test:4318', 'http://a.test:4318/', true],
  ['a.test:4318', 'http://a.test/', false],
  ['a.test:80', 'http://a.test/', true],
  ['10.0.0.7', 'http://10.0.0.7/', true],
  ['10.0.0.1-10.0.0.9', 'http://10.0.0.7/', true],
  ['10.0.0.1-10.0.0.9', 'http://10.0.1.7/', false],
  ['::1', 'http://[::1]:4318/', true],
  ['[::1]:4318', 'http://[::1]:4318/', true],
  ['', 'http://a.test/', false],
])('NO_PROXY=%s and %s: exempt is %s', (list, target, exempt) => {
  expect(url(target, { ...on, HTTP_PROXY: PROXY, NO_PROXY: list })).toBe(exempt ? undefined : PROXY);
});
