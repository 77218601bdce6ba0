import { connect } from 'node:http2';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Certificate, makeCertificate } from '../support/certificate.ts';
import { inMatrix, LIBRARIES } from '../support/libraries.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { runApp } from '../support/run-app.ts';

let receiver: Receiver;
let certificate: Certificate;
beforeAll(async () => {
  receiver = await startReceiver();
  certificate = makeCertificate();
});
afterEach(() => receiver.clear());
afterAll(async () => {
  certificate.remove();
  await receiver.close();
});

const names = () => receiver.spans().map(({ name, attributes }) => [name, attributes['http.route']]);

describe.skipIf(inMatrix)('FORETRACE_URL_RULES', () => {
  it('names requests of a server without a router, by the first rule that fits', async () => {
    const env = { FORETRACE_URL_RULES: '/{id}/update; /files/**; /a/*/b;/a/first/b' };
    const app = runApp({ file: 'naming.mjs', receiver, env });
    const url = await app.url();
    const paths = ['/7/update?x=1', '/7/update/', '/files/a/b?status=404', '/a/first/b', '/7', '/filesystem'];
    for (const path of paths) await (await fetch(url + path, { method: 'PUT' })).text();
    const { stderr } = await app.stop();
    expect({ stderr, names: names() }).toEqual({
      stderr: '',
      names: [
        ['PUT /{id}/update', '/{id}/update'],
        ['PUT /{id}/update', '/{id}/update'],
        ['PUT /files/**', '/files/**'],
        ['PUT /a/*/b', '/a/*/b'],
        ['PUT', undefined],
        ['PUT', undefined],
      ],
    });
  });

  it('names requests of an http2 server', async () => {
    const { key: TLS_KEY, cert: TLS_CERT } = certificate;
    const env = { FORETRACE_URL_RULES: '/{id}/update', PROTOCOL: 'http2', TLS_KEY, TLS_CERT };
    const app = runApp({ file: 'naming.mjs', receiver, env });
    const session = connect(`https://127.0.0.1:${await app.listening()}`, { rejectUnauthorized: false });
    await new Promise((resolve, reject) => {
      session.request({ ':path': '/7/update' }).resume().on('end', resolve).on('error', reject).end();
    });
    session.close();
    await receiver.waitFor(1);
    await app.stop();
    expect(names()).toEqual([['GET /{id}/update', '/{id}/update']]);
  });

  it('leaves the route that a framework gives', async () => {
    const env = { FORETRACE_URL_RULES: '/**' };
    const app = runApp({ file: 'express.cjs', receiver, env, cwd: LIBRARIES });
    const url = await app.url();
    for (const path of ['/users/7', '/nothing/there']) await (await fetch(url + path)).text();
    await app.stop();
    expect(names()).toEqual([
      ['GET /users/:id', '/users/:id'],
      ['GET /**', '/**'],
    ]);
  });

  it('says in one line which rule is not used, and the others hold', async () => {
    const env = { FORETRACE_URL_RULES: 'files/**;/{id}/update' };
    const app = runApp({ file: 'naming.mjs', receiver, env });
    await (await fetch(await app.url('/7/update'))).text();
    const { stderr } = await app.stop();
    expect({ stderr, names: names() }).toEqual({
      stderr:
        'foretrace: FORETRACE_URL_RULES has "files/**", which does not begin with a slash, that part is ignored\n',
      names: [['GET /{id}/update', '/{id}/update']],
    });
  });
});
