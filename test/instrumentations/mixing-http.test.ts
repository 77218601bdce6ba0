/** Every HTTP client under the kit against mixing: what stands on node:http, node:http2 and fetch, and earlier versions of undici. */
import { mixingHttpKit, mixingUndici } from '../kit/mixing-http.ts';
import { inMatrix, LIBRARIES, libraryMajor, libraryVersion } from '../support/libraries.ts';

const cwd = LIBRARIES;

for (const name of ['undici-5', 'undici-6']) if (libraryVersion(name) !== undefined) mixingUndici(name);

if (!inMatrix) {
  mixingHttpKit({ title: 'global fetch', library: 'fetch', ways: ['fetch'] });

  const agents = ['1 kept alive', '2 kept alive', '1 closed', '2 closed'];
  mixingHttpKit({ title: 'node:http', library: 'http', ways: agents });
  mixingHttpKit({ title: 'node:https', library: 'http', protocol: 'https', ways: agents });
  mixingHttpKit({ title: 'node:http2', library: 'http2', protocol: 'http2', ways: ['one session'] });
}

const libraries: Record<string, string[]> = {
  got: ['promise', 'stream'],
  axios: ['promise'],
  'node-fetch': ['promise'],
  superagent: ['promise', 'callback'],
  ky: ['promise'],
};
for (const [library, ways] of Object.entries(libraries))
  if (libraryVersion(library) !== undefined)
    mixingHttpKit({ title: `${library} ${libraryMajor(library)}`, library, cwd, ways });

if (libraryVersion('http2-wrapper') !== undefined)
  mixingHttpKit({
    title: 'got over http2-wrapper',
    library: 'got',
    protocol: 'https2',
    cwd,
    ways: ['http2 promise', 'http2 stream'],
  });
