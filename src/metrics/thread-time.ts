import { block } from '../encode/span.ts';
import { HTTP_REQUEST_METHOD, HTTP_ROUTE } from '../semconv/keys.ts';
import { FORETRACE_HTTP_SERVER_THREAD_TIME } from './instrument.ts';
import type { Histogram, Metrics } from './series.ts';

/** What requests are counted in by how long their code has run on the thread: by route and method, whatever the answer was. */
export function threadTimeSeries(metrics: Metrics): (method: string, route: string | undefined) => Histogram {
  const byRoute = new Map<string | undefined, Map<string, Histogram>>();
  return (method, route) => {
    const known = byRoute.get(route)?.get(method);
    if (known !== undefined) return known;
    const isFull = metrics.isFull(FORETRACE_HTTP_SERVER_THREAD_TIME);
    const attributes = block([HTTP_REQUEST_METHOD, method, HTTP_ROUTE, route]);
    const series = metrics.histogram(FORETRACE_HTTP_SERVER_THREAD_TIME, attributes);
    if (isFull) return series;
    const methods = byRoute.get(route) ?? new Map<string, Histogram>();
    byRoute.set(route, methods.set(method, series));
    return series;
  };
}
