import { httpClientKit } from '../kit/http-client.ts';
import { LIBRARIES, libraryMajor } from '../support/libraries.ts';

httpClientKit({
  title: `axios ${libraryMajor('axios')}`,
  fixture: { file: 'http-libraries.mjs', env: { HTTP_LIBRARY: 'axios' }, cwd: LIBRARIES },
  forms: [],
  redirects: true,
  urlCredentials: true,
  headerLists: false,
  expectContinue: false,
  destroyEarly: false,
});
