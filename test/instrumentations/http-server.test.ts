import { httpServerKit } from '../kit/http-server.ts';

const common = { routes: false, exceptions: false };

httpServerKit({ ...common, title: 'node:http server, ES modules', fixture: { file: 'http-server.mjs' } });
httpServerKit({
  ...common,
  title: 'node:http server, CommonJS and --require',
  fixture: { file: 'http-server.cjs', agent: 'require' },
});
