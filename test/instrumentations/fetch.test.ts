import { httpClientKit } from '../kit/http-client.ts';

httpClientKit({
  title: 'global fetch',
  fixture: { file: 'fetch.mjs' },
  forms: ['Headers', 'Request'],
  redirects: true,
  urlCredentials: false,
  headerLists: false,
  expectContinue: false,
  destroyEarly: false,
});
