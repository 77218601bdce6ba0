import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { inMatrix } from '../support/libraries.ts';
import { metricsOf, startMetricsApp } from '../support/metrics-app.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';

let receiver: Receiver;
beforeAll(async () => void (receiver = await startReceiver()));
afterEach(() => receiver.clear());
afterAll(() => receiver.close());

describe.skipIf(inMatrix)('OTEL_METRIC_EXPORT_TIMEOUT', () => {
  it('is the longest time for one export; what was counted meanwhile is in the next one', async () => {
    receiver.answerNext({ delayMs: Infinity }, { delayMs: Infinity });
    const app = startMetricsApp(receiver, {
      OTEL_METRIC_EXPORT_TIMEOUT: '300',
      OTEL_METRIC_EXPORT_INTERVAL: '400',
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'delta',
    });
    await (await fetch(await app.url('/'))).text();
    const has = (name: string) => () =>
      receiver
        .metrics()
        .flat()
        .some((metric) => metric.name === name);
    await receiver.waitForRequests(has('http.server.request.duration'));
    const { stderr } = await app.stop();
    expect(stderr).toMatch(
      /^foretrace: cannot export to \S+: .+; the next line about this comes when it works$/m,
    );
    const served = receiver
      .metrics()
      .flat()
      .filter(({ name }) => name === 'http.server.request.duration');
    expect(served.reduce((sum, { points: [point] }) => sum + point.count!, 0)).toBe(1);
  });

  it('is 30 s where it is no number, with one line', async () => {
    const { stderr, metrics } = await metricsOf(receiver, { OTEL_METRIC_EXPORT_TIMEOUT: '-1' });
    expect(stderr).toBe(
      'foretrace: OTEL_METRIC_EXPORT_TIMEOUT="-1" is not an integer from 0 to 2147483647, 30000 ms is used\n',
    );
    expect(metrics.length).toBeGreaterThan(5);
  });
});
