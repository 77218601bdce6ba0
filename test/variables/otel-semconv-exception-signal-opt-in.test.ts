import { describe, expect, it } from 'vitest';
import { inMatrix } from '../support/libraries.ts';
import { runLogs } from '../support/logs-app.ts';

const NAME = 'OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN';

describe.skipIf(inMatrix)(NAME, () => {
  const exception = { 'exception.type': 'RangeError', 'exception.message': 'recorded' };

  it('leaves exceptions events of their spans when it is not set', async () => {
    const { logs, spans } = await runLogs(['exception']);
    expect(spans[0].events).toMatchObject([{ name: 'exception', attributes: exception }]);
    expect(logs).toEqual([]);
  });

  it.each([
    ['logs', 0],
    ['logs/dup', 1],
  ])('makes log records of them in the context of the span (%s)', async (value, events) => {
    const { exit, logs, spans } = await runLogs(['exception'], { [NAME]: value });
    expect(exit.stderr).toBe('');
    const [{ traceId, spanId, events: found }] = spans;
    expect(found).toHaveLength(events);
    expect(logs).toMatchObject([
      { eventName: 'exception', severityNumber: 17, traceId, spanId, attributes: exception },
    ]);
    expect(logs[0].attributes['exception.stacktrace']).toMatch(/^RangeError: recorded\n {4}at /);
  });

  it('leaves them events where no log records are sent', async () => {
    const { spans } = await runLogs(['exception'], { [NAME]: 'logs', OTEL_LOGS_EXPORTER: 'none' });
    expect(spans[0].events).toHaveLength(1);
  });

  it('says of another word that it is none', async () => {
    const { exit, spans } = await runLogs(['exception'], { [NAME]: 'spans' });
    expect(exit.stderr).toMatch(/^foretrace: OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN="spans" is not one of /);
    expect(spans[0].events).toHaveLength(1);
  });
});
