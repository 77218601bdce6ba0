import { httpClientKit } from '../kit/http-client.ts';
import { LIBRARIES, libraryMajor } from '../support/libraries.ts';

httpClientKit({
  title: `superagent ${libraryMajor('superagent')}`,
  fixture: { file: 'http-libraries.mjs', env: { HTTP_LIBRARY: 'superagent' }, cwd: LIBRARIES },
  forms: [],
  redirects: true,
  urlCredentials: true,
  headerLists: false,
  expectContinue: false,
  destroyEarly: false,
});
