import { httpClientKit } from '../kit/http-client.ts';

httpClientKit({
  title: 'undici',
  fixture: { file: 'undici.mjs' },
  forms: ['stream', 'fetch'],
  redirects: false,
  urlCredentials: false,
  headerLists: true,
  expectContinue: false,
  destroyEarly: false,
  versionOptional: true,
});
