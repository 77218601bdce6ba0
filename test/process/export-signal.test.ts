import { expect, test } from 'vitest';
import { startReceiver } from '../support/receiver.ts';
import { ROOT, runApp } from '../support/run-app.ts';

test('a signal that comes before the first span has ended loses it no more', async () => {
  const receiver = await startReceiver();
  const exit = await runApp({
    cwd: ROOT,
    receiver,
    eval: `
      const span = require('@opentelemetry/api').trace.getTracer('app').startSpan('the first');
      process.kill(process.pid, 'SIGTERM');
      span.end();
      setInterval(() => {}, 1000);`,
    env: { OTEL_BSP_SCHEDULE_DELAY: '60000' },
  }).exited;
  expect(exit).toMatchObject({ code: null, signal: 'SIGTERM', stdout: '', stderr: '' });
  expect(receiver.spans().map((span) => span.name)).toEqual(['the first']);
  await receiver.close();
});
