import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { inMatrix } from '../support/libraries.ts';
import { startMetricsApp } from '../support/metrics-app.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';

let receiver: Receiver;
beforeAll(async () => void (receiver = await startReceiver()));
afterEach(() => receiver.clear());
afterAll(() => receiver.close());

/** When what an app counts came in, in ms. */
async function times(env: Record<string, string>, count: number): Promise<number[]> {
  const app = startMetricsApp(receiver, env);
  await (await fetch(await app.url('/'))).text();
  const of = (name: string): number[] =>
    receiver.requests
      .filter((one) => one.metrics.some((metric) => metric.name === name))
      .map(({ atMs }) => atMs);
  await receiver.waitForRequests(
    () => of('orders').length >= count && of('http.server.request.duration').length >= count,
    20_000,
  );
  expect((await app.stop()).stderr.split('\n').length).toBeLessThanOrEqual(2);
  return of('http.server.request.duration').slice(0, count);
}

const gaps = (all: number[]): number[] => all.slice(1).map((time, i) => time - all[i]);

describe.skipIf(inMatrix)('OTEL_METRIC_EXPORT_INTERVAL', () => {
  it('is the time between two exports', async () => {
    for (const gap of gaps(await times({ OTEL_METRIC_EXPORT_INTERVAL: '600' }, 4)))
      expect(gap).toBeGreaterThan(300);
  });

  it('is 100 ms at least', async () => {
    const all = await times({ OTEL_METRIC_EXPORT_INTERVAL: '0' }, 11);
    expect(all.at(-1)! - all[0]).toBeGreaterThan(600);
  });

  it('is a minute where it is no number, with one line, and what is counted comes at the end', async () => {
    const app = startMetricsApp(receiver, { OTEL_METRIC_EXPORT_INTERVAL: '1s' });
    await (await fetch(await app.url('/'))).text();
    expect(receiver.metrics()).toEqual([]);
    expect((await app.stop()).stderr).toBe(
      'foretrace: OTEL_METRIC_EXPORT_INTERVAL="1s" is not an integer from 0 to 2147483647, 60000 ms is used\n',
    );
    expect(
      receiver
        .metrics()
        .flat()
        .map(({ name }) => name),
    ).toContain('http.server.request.duration');
  });
});
