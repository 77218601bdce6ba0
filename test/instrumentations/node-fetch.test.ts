import { httpClientKit } from '../kit/http-client.ts';
import { LIBRARIES, libraryMajor } from '../support/libraries.ts';

httpClientKit({
  title: `node-fetch ${libraryMajor('node-fetch')}`,
  fixture: { file: 'http-libraries.mjs', env: { HTTP_LIBRARY: 'node-fetch' }, cwd: LIBRARIES },
  forms: [],
  redirects: true,
  urlCredentials: false,
  headerLists: false,
  expectContinue: false,
  destroyEarly: false,
  tellsTimeout: false,
});
