import { expect, it } from 'vitest';
import { runApp } from '../../support/run-app.ts';

it('collects output, exit code and signal of an app', async () => {
  const app = runApp({
    agent: 'none',
    eval: 'process.stdin.on("data", (d) => { console.log(String(d)); console.error(process.argv[1]); process.exitCode = 3 })',
    args: ['x'],
    stdin: 'hello',
  });
  expect(await app.exited).toMatchObject({ code: 3, signal: null, stdout: 'hello\n', stderr: 'x\n' });
});

it('finds the port of a server app and stops it', async () => {
  const app = runApp({
    agent: 'none',
    eval: `const s = require('http').createServer((q, r) => r.end(process.env.A)).listen(0, '127.0.0.1', () => {
      console.log('starting'); console.log(JSON.stringify({ port: s.address().port })); })`,
    env: { A: 'b' },
  });
  expect(await (await fetch(await app.url('/'))).text()).toBe('b');
  expect(await app.stop()).toMatchObject({ code: null, signal: 'SIGTERM' });
});

it('reports what an app said that ended before it listened', async () => {
  const app = runApp({ agent: 'none', eval: 'console.error("no luck"); process.exit(2)' });
  await expect(app.listening()).rejects.toThrow(/ended with code 2[^]*no luck/);
});

it('keeps settings of the shell and of the test runner away from apps', async () => {
  process.env.OTEL_LOG_LEVEL = 'debug';
  const app = runApp({
    agent: 'none',
    eval: 'console.log(JSON.stringify(process.env))',
    receiver: { url: 'http://r' },
  });
  const env = JSON.parse((await app.exited).stdout);
  delete process.env.OTEL_LOG_LEVEL;
  expect(env.OTEL_EXPORTER_OTLP_ENDPOINT).toBe('http://r');
  expect(Object.keys(env).filter((name) => /^VITEST|^OTEL_LOG/.test(name))).toEqual([]);
});
