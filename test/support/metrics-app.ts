/** An app that measures through the API and serves requests, with variables of metrics. */
import type { ReceivedMetric } from './otlp-metrics.ts';
import type { Receiver } from './receiver.ts';
import { type App, type Exit, runApp } from './run-app.ts';

export function startMetricsApp(receiver: Receiver, env: Record<string, string>, what = 'stay'): App {
  return runApp({
    file: 'own-metrics.cjs',
    args: [what],
    receiver,
    env: { OTEL_METRICS_EXPORTER: 'otlp', OTEL_TRACES_EXPORTER: 'none', ...env },
  });
}

/** What arrives of an app that serves a request and is stopped. */
export async function metricsOf(
  receiver: Receiver,
  env: Record<string, string>,
): Promise<Exit & { metrics: ReceivedMetric[] }> {
  const app = startMetricsApp(receiver, env);
  await (await fetch(await app.url('/order'))).text();
  const exit = await app.stop();
  return { ...exit, metrics: receiver.metrics().flat() };
}

export function metricNamed(metrics: readonly ReceivedMetric[], name: string): ReceivedMetric {
  const found = metrics.findLast((metric) => metric.name === name);
  if (found === undefined)
    throw new Error(`${name} is not among ${metrics.map((one) => one.name).join(', ')}`);
  return found;
}
