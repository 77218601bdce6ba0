import { httpClientKit } from '../kit/http-client.ts';

for (const shape of ['default', 'namespace', 'named']) {
  httpClientKit({
    title: `node:http client, ${shape} import`,
    fixture: { file: 'http-client.mjs', env: { HTTP_SHAPE: shape } },
    forms: ['get', 'string', 'options', 'listener'],
    redirects: false,
    urlCredentials: true,
    headerLists: true,
    expectContinue: true,
    destroyEarly: true,
  });
}
