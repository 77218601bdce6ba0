import { httpClientKit } from '../kit/http-client.ts';
import { LIBRARIES, libraryMajor } from '../support/libraries.ts';

httpClientKit({
  title: `got ${libraryMajor('got')}`,
  fixture: { file: 'http-libraries.mjs', env: { HTTP_LIBRARY: 'got' }, cwd: LIBRARIES },
  forms: ['promise'],
  redirects: true,
  urlCredentials: true,
  headerLists: false,
  expectContinue: false,
  destroyEarly: false,
  namesAbort: false,
  versionOptional: false,
});
