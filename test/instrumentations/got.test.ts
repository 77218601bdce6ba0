import { describe, expect, it, onTestFinished } from 'vitest';
import { httpClientKit } from '../kit/http-client.ts';
import { operations } from '../kit/operations.ts';
import { startBusyServer } from '../support/busy-server.ts';
import { LIBRARIES, libraryMajor, libraryVersion } from '../support/libraries.ts';

const fixture = { file: 'http-libraries.mjs', env: { HTTP_LIBRARY: 'got' }, cwd: LIBRARIES };

httpClientKit({
  title: `got ${libraryMajor('got')}`,
  fixture,
  forms: ['promise'],
  redirects: true,
  urlCredentials: true,
  headerLists: false,
  expectContinue: false,
  destroyEarly: false,
});

/** Got tells of its retries from 14.6 on. */
const [major, minor] = libraryVersion('got')!.split('.').map(Number);
const tells = major > 14 || (major === 14 && minor >= 6);

describe(`got ${major}, retries`, () => {
  const kit = operations(fixture);

  it('counts redirects and, where got tells of them, retries', async () => {
    const server = await startBusyServer();
    onTestFinished(() => server.close());
    const url = `${server.url}/redirect/2`;
    expect(await kit.run('request', { url, form: 'promise', retries: 3 })).toMatchObject({ body: 'ok' });
    const spans = (await kit.collect(8)).filter(({ kind }) => kind === 'CLIENT');
    const seen = spans.map(({ attributes }) => [
      String(attributes['url.full']).slice(server.url.length),
      attributes['http.request.resend_count'] ?? 0,
    ]);
    expect(seen).toEqual([
      ['/redirect/2', 0],
      ['/redirect/1', 1],
      ['/busy', 2],
      ['/busy', tells ? 3 : 0],
      ['/busy', tells ? 4 : 0],
    ]);
  });
});
