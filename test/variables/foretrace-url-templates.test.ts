import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { inMatrix, LIBRARIES } from '../support/libraries.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { runApp } from '../support/run-app.ts';

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.clear());
afterAll(() => receiver.close());

async function ask(env: Record<string, string>, paths: readonly string[], file = 'naming.mjs') {
  const app = runApp({ file, receiver, env, cwd: LIBRARIES });
  const url = await app.url();
  for (const path of paths) await (await fetch(url + path)).text();
  const { stderr } = await app.stop();
  const found = receiver
    .spans()
    .map(({ name, attributes }) => [name, attributes['url.template'], attributes['http.route']]);
  return { stderr, found };
}

const AUTO = { FORETRACE_URL_TEMPLATES: 'auto' };

describe.skipIf(inMatrix)('FORETRACE_URL_TEMPLATES', () => {
  it('names requests without route and rule after their path, with {id} for what is one of many', async () => {
    const paths = ['/orders/7', '/files/4f1c9f6e7b1a4c58/2026-11-30', '/v1/me?id=7', '/jane@example.com'];
    expect(await ask({ ...AUTO, FORETRACE_URL_RULES: '/v1/*' }, paths)).toEqual({
      stderr: '',
      found: [
        ['GET /orders/{id}', '/orders/{id}', undefined],
        ['GET /files/{id}/{id}', '/files/{id}/{id}', undefined],
        ['GET /v1/*', undefined, '/v1/*'],
        ['GET /{id}', '/{id}', undefined],
      ],
    });
  });

  it('makes no name of what is not found or not allowed, but knows a place that was found before', async () => {
    const paths = ['404', '405', '401'].map((status) => `/wp-admin?status=${status}`);
    const known = ['/orders/7?status=404', '/orders/7', '/orders/8?status=404', '/broken?status=500'];
    expect((await ask(AUTO, [...paths, ...known])).found).toEqual([
      ['GET', undefined, undefined],
      ['GET', undefined, undefined],
      ['GET', undefined, undefined],
      ['GET', undefined, undefined],
      ['GET /orders/{id}', '/orders/{id}', undefined],
      ['GET /orders/{id}', '/orders/{id}', undefined],
      ['GET /broken', '/broken', undefined],
    ]);
  });

  it('stops at 200 names, which it says once', async () => {
    const letters = 'abcdefghijklmno';
    const paths = [...letters].flatMap((one) => [...letters].map((other) => `/${one}${other}`));
    const { stderr, found } = await ask(AUTO, paths);
    expect(stderr).toBe(
      'foretrace: FORETRACE_URL_TEMPLATES=auto has made 200 names and makes no more: further requests without a route are named after their method alone; FORETRACE_URL_RULES can name them\n',
    );
    expect(found.map(([name]) => name)).toEqual(paths.map((path, i) => (i < 200 ? `GET ${path}` : 'GET')));
  });

  it('leaves the route that a framework gives', async () => {
    const { found } = await ask(AUTO, ['/users/7', '/nothing/there'], 'express.cjs');
    expect(found).toEqual([
      ['GET /users/:id', undefined, '/users/:id'],
      ['GET', undefined, undefined],
    ]);
  });

  it('is off by default, and where it is set to neither word', async () => {
    expect(await ask({}, ['/orders/7'])).toEqual({ stderr: '', found: [['GET', undefined, undefined]] });
    receiver.clear();
    expect(await ask({ FORETRACE_URL_TEMPLATES: 'on' }, ['/orders/7'])).toEqual({
      stderr: 'foretrace: FORETRACE_URL_TEMPLATES="on" is not one of auto, off, off is used\n',
      found: [['GET', undefined, undefined]],
    });
  });
});
