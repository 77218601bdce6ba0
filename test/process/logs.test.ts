/** Log records of `@opentelemetry/api-logs`, of uncaught errors, and of whatever an app may give. */
import { describe, expect, it } from 'vitest';
import { startReceiver } from '../support/receiver.ts';
import { runApp } from '../support/run-app.ts';
import { runLogs } from '../support/logs-app.ts';

describe('log records', () => {
  it('survive whatever an app gives, which notices nothing', async () => {
    const { exit, logs } = await runLogs(['hostile']);
    expect(exit).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(logs.at(-1)!.body).toBe('survived');
    expect(logs.length).toBeGreaterThan(30);
    for (const { body, attributes } of logs) {
      const text = JSON.stringify([body, attributes], (_, value) =>
        typeof value === 'bigint' ? `${value}` : value,
      );
      expect(text.length).toBeLessThan(200_000);
    }
    // Of the values alone: a cycle ends, a text is cut.
    expect(logs.filter(({ body }) => typeof body === 'string' && /^x{65536}$/.test(body))).toHaveLength(1);
    expect(logs.map(({ body }) => body)).toContainEqual({ self: '[Circular]' });
  });

  it('are made of an error that nothing catches, as FATAL, and get out before the process ends', async () => {
    const { exit, logs } = await runLogs(['levels', 'crash']);
    expect(exit.code).toBe(1);
    expect(exit.stderr).toMatch(/TypeError: uncaught/);
    expect(logs).toHaveLength(7);
    expect(logs.at(-1)).toMatchObject({
      severityNumber: 21,
      eventName: 'exception',
      attributes: { 'exception.type': 'TypeError', 'exception.message': 'uncaught' },
    });
  });

  it('are JSON where the protocol is', async () => {
    const { exit, logs } = await runLogs(['attributes', 'span'], {
      OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: 'http/json',
    });
    expect(exit).toMatchObject({ code: 0, stderr: '' });
    expect(logs).toMatchObject([
      { eventName: 'ordered', body: { order: 7, lines: ['a', 2] }, attributes: { third: 3, fourth: true } },
      { body: 'inside', traceId: expect.stringMatching(/^[0-9a-f]{32}$/) },
    ]);
  });

  it('go where the endpoint of logs is', async () => {
    const elsewhere = await startReceiver();
    const env = {
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: `${elsewhere.url}/custom/v1/logs`,
      OTEL_EXPORTER_OTLP_LOGS_HEADERS: 'key=of-logs',
    };
    const { paths } = await runLogs(['levels', 'span'], env);
    expect(new Set(paths)).toEqual(new Set(['/v1/traces']));
    expect(elsewhere.logs()).toHaveLength(7);
    expect(elsewhere.requests[0]).toMatchObject({ path: '/custom/v1/logs', headers: { key: 'of-logs' } });
    await elsewhere.close();
  });

  it('of worker threads are sent, also of one that ends at once', async () => {
    const { exit, logs } = await runLogs(['worker']);
    expect(exit).toMatchObject({ code: 0, stderr: '' });
    expect(logs.map(({ body }) => body)).toEqual(Array.from({ length: 100 }, (_, i) => `record ${i}`));
  });
});

describe('an app with a logger provider of its own', () => {
  const own = `
    const { logs } = require('@opentelemetry/api-logs');
    const { LoggerProvider, SimpleLogRecordProcessor } = require('@opentelemetry/sdk-logs');
    const exporter = {
      export(records, done) { for (const { body } of records) console.log('own', body); done({ code: 0 }); },
      async shutdown() {},
    };
    const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] });
    console.log(logs.setGlobalLoggerProvider(provider) === provider);
    logs.getLogger('app').emit({ body: 'of the app' });
  `;

  it('keeps it, whose records are not ours', async () => {
    const receiver = await startReceiver();
    const app = runApp({ eval: own, receiver, env: { OTEL_LOGS_EXPORTER: 'otlp' } });
    expect(await app.exited).toMatchObject({ code: 0, stdout: 'true\nown of the app\n', stderr: '' });
    expect(receiver.logs()).toEqual([]);
    await receiver.close();
  });
});
