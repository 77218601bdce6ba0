import { httpClientKit } from '../kit/http-client.ts';
import { LIBRARIES, libraryMajor } from '../support/libraries.ts';

httpClientKit({
  title: `ky ${libraryMajor('ky')}`,
  fixture: { file: 'http-libraries.mjs', env: { HTTP_LIBRARY: 'ky' }, cwd: LIBRARIES },
  forms: [],
  redirects: true,
  urlCredentials: false,
  headerLists: false,
  expectContinue: false,
  destroyEarly: false,
});
