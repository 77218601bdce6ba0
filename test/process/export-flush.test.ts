import { expect, test } from 'vitest';
import { startReceiver } from '../support/receiver.ts';
import { ROOT, runApp } from '../support/run-app.ts';

const API =
  "const { trace } = require('@opentelemetry/api'); const provider = trace.getTracerProvider().getDelegate();";
const SPAN = "trace.getTracer('app').startSpan('one').end();";

test.each(['forceFlush', 'shutdown'])('an app can %s through the delegate of the API', async (method) => {
  const receiver = await startReceiver();
  const app = runApp({
    cwd: ROOT,
    receiver,
    stdin: true,
    eval: `${API} ${SPAN}
      process.stdin.resume();
      const done = provider.${method}();
      done.then((value) => console.log(JSON.stringify({ promise: done instanceof Promise, value: String(value) })));`,
    env: { OTEL_BSP_SCHEDULE_DELAY: '60000' },
  });
  expect(await app.line((line) => line?.promise)).toEqual({ promise: true, value: 'undefined' });
  expect(receiver.spans().map(({ name }) => name)).toEqual(['one']);
  expect((await app.stop()).stderr).toBe('');
  await receiver.close();
});

test('both settle within the export timeout when the collector is silent, and at once when there is nothing', async () => {
  const receiver = await startReceiver();
  receiver.answerAlways({ delayMs: Infinity });
  const exit = await runApp({
    cwd: ROOT,
    receiver,
    eval: `${API}
      (async () => {
        await provider.forceFlush();
        ${SPAN}
        await provider.forceFlush();
        await Promise.all([provider.shutdown(), provider.shutdown()]);
        console.log('settled');
        process.reallyExit(0);
      })();`,
    env: { OTEL_BSP_EXPORT_TIMEOUT: '300' },
  }).exited;
  expect(exit).toMatchObject({ code: 0, stdout: 'settled\n' });
  expect(exit.durationMs).toBeLessThan(8000);
  await receiver.close();
});

test('both resolve with OTEL_TRACES_EXPORTER=none', async () => {
  const exit = await runApp({
    cwd: ROOT,
    eval: `${API} provider.forceFlush().then(() => provider.shutdown()).then(() => console.log('settled'));`,
    env: { OTEL_TRACES_EXPORTER: 'none' },
  }).exited;
  expect(exit).toMatchObject({ code: 0, stdout: 'settled\n', stderr: '' });
});
