import { afterAll, describe, expect, it } from 'vitest';
import { httpClientKit } from '../kit/http-client.ts';
import { mixingUndici } from '../kit/mixing-http.ts';
import { operations } from '../kit/operations.ts';
import { startBusyServer } from '../support/busy-server.ts';
import { LIBRARIES, libraryVersion } from '../support/libraries.ts';

const fixture = { file: 'undici.mjs', cwd: LIBRARIES };

httpClientKit({
  title: `undici ${libraryVersion('undici')}`,
  fixture,
  forms: ['stream', 'fetch'],
  redirects: false,
  urlCredentials: false,
  headerLists: true,
  expectContinue: false,
  destroyEarly: false,
});

mixingUndici('undici');

const server = await startBusyServer();
const { url } = server;
afterAll(() => server.close());

const [MAJOR, minor] = libraryVersion('undici')!.split('.').map(Number);
const retries = MAJOR > 5 || minor >= 28;

/** Version 5 retries from the start, redirects included. */
const both =
  MAJOR === 5
    ? ['/redirect/2', '/redirect/1', '/busy', '/redirect/2', '/redirect/1', '/busy']
    : ['/redirect/2', '/redirect/1', '/busy', '/busy', '/busy'];

/** Version 7 hides its handlers: of its retries it is not known that they belong together. */
const counts = (length: number, known: number): number[] =>
  Array.from({ length }, (_, index) => (MAJOR === 7 && index >= known ? 0 : index));

describe(`undici ${MAJOR}, dispatchers`, () => {
  const kit = operations(fixture);
  type Case = [what: string, how: string, path: string, earlier: number, paths: string[], counts: number[]];
  const cases: Case[] = [
    ['redirects', 'redirect', '/redirect/2', 2, ['/redirect/2', '/redirect/1', '/busy'], [0, 1, 2]],
  ];
  if (retries) {
    cases.push(['retries', 'retry', '/busy', 2, ['/busy', '/busy', '/busy'], counts(3, 1)]);
    cases.push(['both in one call', 'retry redirect', '/redirect/2', 0, both, counts(both.length, 3)]);
  }

  it.each(cases)('counts %s', async (_, how, path, earlier, paths, expected) => {
    server.reset(earlier);
    expect(await kit.run('resend', { how, url: url + path })).toMatchObject({ status: 200 });
    const spans = (await kit.collect(paths.length + 2)).filter(({ kind }) => kind === 'CLIENT');
    expect(spans.map(({ attributes }) => attributes['url.full'])).toEqual(paths.map((one) => url + one));
    expect(spans.map(({ attributes }) => attributes['http.request.resend_count'] ?? 0)).toEqual(expected);
  });
});
