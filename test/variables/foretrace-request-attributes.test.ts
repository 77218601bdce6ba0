import { createHash } from 'node:crypto';
import { connect } from 'node:http2';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Certificate, makeCertificate } from '../support/certificate.ts';
import { inMatrix, LIBRARIES } from '../support/libraries.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { type App, runApp } from '../support/run-app.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';

const NAME = 'FORETRACE_REQUEST_ATTRIBUTES';
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16);

let receiver: Receiver;
let upstream: Upstream;
let certificate: Certificate;
beforeAll(async () => {
  receiver = await startReceiver();
  upstream = await startUpstream();
  certificate = makeCertificate();
});
afterEach(() => {
  receiver.clear();
  upstream.headers.length = 0;
});
afterAll(async () => {
  certificate.remove();
  await receiver.close();
  await upstream.close();
});

function start(attributes: string, env: Record<string, string> = {}): App {
  return runApp({ file: 'naming.mjs', receiver, env: { [NAME]: attributes, ...env } });
}

/** The attributes of all spans whose names begin with `a.`, by kind and name. */
const found = () =>
  receiver
    .spans()
    .map(({ kind, attributes }) => [
      kind,
      Object.fromEntries(Object.entries(attributes).filter(([name]) => name.startsWith('a.'))),
    ]);

describe.skipIf(inMatrix)(NAME, () => {
  it('puts headers, query parameters, cookies and parameters of rules on the server span', async () => {
    const attributes =
      'a.role=header:X-Role; a.tenant=query:tenant; a.theme=cookie:theme; a.order=param:order; a.none=header:x-none';
    const app = start(attributes, { FORETRACE_URL_RULES: '/orders/{order}/**' });
    const headers = { 'x-role': 'admin', cookie: 'lang=de; theme=dark%20blue' };
    await (await fetch(await app.url('/orders/7%2F8/items?tenant=acme+inc&tenant=2'), { headers })).text();
    expect((await app.stop()).stderr).toBe('');
    expect(found()).toEqual([
      ['SERVER', { 'a.role': 'admin', 'a.tenant': 'acme inc', 'a.theme': 'dark blue', 'a.order': '7/8' }],
    ]);
  });

  it('does so on an http2 server', async () => {
    const { key: TLS_KEY, cert: TLS_CERT } = certificate;
    const attributes = 'a.role=header:x-role;a.tenant=query:tenant;a.theme=cookie:theme;a.order=param:order';
    const env = { PROTOCOL: 'http2', TLS_KEY, TLS_CERT, FORETRACE_URL_RULES: '/orders/{order}' };
    const app = start(attributes, env);
    const session = connect(`https://127.0.0.1:${await app.listening()}`, { rejectUnauthorized: false });
    const headers = { ':path': '/orders/7?tenant=acme', 'x-role': 'admin', cookie: 'theme=dark' };
    await new Promise((resolve, reject) => {
      session.request(headers).resume().on('end', resolve).on('error', reject).end();
    });
    session.close();
    await receiver.waitFor(1);
    await app.stop();
    expect(found()).toEqual([
      ['SERVER', { 'a.role': 'admin', 'a.tenant': 'acme', 'a.theme': 'dark', 'a.order': '7' }],
    ]);
  });

  it('records a hash with |hash, which secrets have to have', async () => {
    const attributes =
      'a.session=cookie:sid|hash;a.auth=header:authorization | hash;a.token=query:token|hash;a.secret=header:authorization';
    const app = start(attributes);
    const headers = { authorization: 'Bearer abc', cookie: 'sid=s3cr3t' };
    await (await fetch(await app.url('/?token=t0k3n'), { headers })).text();
    expect((await app.stop()).stderr).toBe(
      `foretrace: ${NAME} has "a.secret=header:authorization", which is a secret by its name: it needs |hash, that part is ignored\n`,
    );
    expect(found()).toEqual([
      [
        'SERVER',
        { 'a.session': hashOf('s3cr3t'), 'a.auth': hashOf('Bearer abc'), 'a.token': hashOf('t0k3n') },
      ],
    ]);
  });

  it('puts what has |baggage on all spans below, and sends it nowhere', async () => {
    const attributes = 'a.tenant=query:tenant|baggage;a.order=param:order|baggage;a.role=header:x-role';
    const app = start(attributes, { UPSTREAM: upstream.url, FORETRACE_URL_RULES: '/call/{order}' });
    const url = await app.url();
    await (await fetch(`${url}/call/7?tenant=acme`, { headers: { 'x-role': 'admin' } })).text();
    await app.line(({ done }) => done === '/call/7');
    // The next request has nothing of it.
    await (await fetch(`${url}/call`)).text();
    await app.line(({ done }) => done === '/call');
    expect((await app.stop()).stderr).toBe('');
    const below = { 'a.tenant': 'acme', 'a.order': '7' };
    const [first, second] = [
      receiver.spans().filter(({ attributes }) => 'a.tenant' in attributes).length,
      found().filter(([, attributes]) => Object.keys(attributes as object).length === 0).length,
    ];
    expect([first, second]).toEqual([5, 5]);
    expect(found()).toEqual(
      expect.arrayContaining([
        ['SERVER', { ...below, 'a.role': 'admin' }],
        ['INTERNAL', below],
        ['CLIENT', below],
      ]),
    );
    expect(upstream.headers).toHaveLength(4);
    expect(upstream.headers.map(({ baggage }) => baggage)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('takes the first of several that is there, cuts it, and masks the secrets in it', async () => {
    const app = start('a.x=header:x-none;a.x=header:x-long;a.x=query:x;a.url=header:x-url');
    const headers = { 'x-long': 'l'.repeat(300), 'x-url': 'https://me:pass@example.com/' };
    await (await fetch(await app.url('/?x=no'), { headers })).text();
    await app.stop();
    expect(found()).toEqual([
      ['SERVER', { 'a.x': 'l'.repeat(256), 'a.url': expect.not.stringContaining('pass') }],
    ]);
  });

  it.each([
    ['a.x', 'which is not attribute=header:…, attribute=param:…, attribute=query:… or attribute=cookie:…'],
    ['a.x=header:y|md5', 'where "md5" is neither hash nor baggage'],
  ])('says in one line that %s is not used, and the others hold', async (entry, problem) => {
    const app = start(`${entry};a.role=header:x-role`);
    await (await fetch(await app.url('/'), { headers: { 'x-role': 'admin' } })).text();
    const { stderr } = await app.stop();
    expect({ stderr, found: found() }).toEqual({
      stderr: `foretrace: ${NAME} has "${entry}", ${problem}, that part is ignored\n`,
      found: [['SERVER', { 'a.role': 'admin' }]],
    });
  });

  it.each(['express.cjs', 'fastify.cjs', 'koa.cjs', 'hapi.cjs', 'hono.mjs', 'nest.cjs', 'restify.cjs'])(
    'reads the parameters of the routes of %s',
    async (file) => {
      const app = runApp({ file, receiver, env: { [NAME]: 'a.id=param:id' }, cwd: LIBRARIES });
      await (await fetch(await app.url('/users/a%20b'))).text();
      await app.stop();
      expect(found()).toEqual([['SERVER', { 'a.id': 'a b' }]]);
    },
  );

  it('reads parameters of prefixes that Express does not hand on', async () => {
    const env = { [NAME]: 'a.order=param:order;a.item=param:item;a.id=param:id' };
    const app = runApp({ file: 'express.cjs', receiver, env, cwd: LIBRARIES });
    await (await fetch(await app.url('/api/v1/orders/7/items/9'))).text();
    await app.stop();
    expect(receiver.spans()[0].attributes['http.route']).toMatch(/^\/api\/v1\/orders\/:order\/items\/:/);
    expect(found()).toEqual([['SERVER', expect.objectContaining({ 'a.order': '7' })]]);
  });
});
