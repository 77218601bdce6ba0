import { block } from '../encode/span.ts';
import {
  ERROR_TYPE,
  HTTP_REQUEST_METHOD,
  HTTP_RESPONSE_STATUS_CODE,
  HTTP_ROUTE,
  NETWORK_PROTOCOL_VERSION,
  SERVER_ADDRESS,
  SERVER_PORT,
  URL_SCHEME,
} from '../semconv/keys.ts';
import { setClientMeasure } from '../semconv/http-client.ts';
import { type ServerCount, setServerMeasure } from '../semconv/http-server.ts';
import { threadTimeSeries } from './thread-time.ts';
import {
  HTTP_CLIENT_REQUEST_DURATION,
  HTTP_SERVER_ACTIVE_REQUESTS,
  HTTP_SERVER_REQUEST_DURATION,
} from './instrument.ts';
import type { Histogram, Metrics } from './series.ts';

/** Where requests of a method and route are counted by how long their code has run. */
type ThreadTime = ReturnType<typeof threadTimeSeries>;

/** Requests that end alike, among those that begin alike. */
interface Ended {
  readonly status: number | undefined;
  readonly failure: string | undefined;
  readonly version: string | undefined;
  readonly series: Histogram;
}

/** Lists are short, and comparing a few texts, which are the same objects as a rule, costs less than to make a key of them. */
function find(
  list: readonly Ended[] | undefined,
  status: number | undefined,
  failure: string | undefined,
  version: string | undefined,
): Histogram | undefined {
  if (list === undefined) return undefined;
  for (let i = 0; i < list.length; i++) {
    const one = list[i];
    if (one.status === status && one.version === version && one.failure === failure) return one.series;
  }
  return undefined;
}

/**
 * Counts the requests that this thread serves and makes.
 * @param hasThreadTime whether it is known how long their code has run
 */
export function measureHttp(metrics: Metrics, hasThreadTime: boolean): void {
  measureServed(metrics, hasThreadTime ? threadTimeSeries(metrics) : undefined);
  measureSent(metrics);
}

/** What begins alike is told by few methods and schemes, its end by its route first. */
function measureServed(metrics: Metrics, threadTime: ThreadTime | undefined): void {
  const schemes = new Map<string, Map<string, ServerCount>>();

  setServerMeasure((method, scheme) => {
    const methods = within(schemes, scheme);
    let found = methods.get(method);
    if (found === undefined) methods.set(method, (found = serverCount(metrics, method, scheme, threadTime)));
    return found;
  });
}

function serverCount(
  metrics: Metrics,
  method: string,
  scheme: string,
  threadTime: ThreadTime | undefined,
): ServerCount {
  const common = [HTTP_REQUEST_METHOD, method, URL_SCHEME, scheme];
  const active = metrics.sum(HTTP_SERVER_ACTIVE_REQUESTS, block(common));
  const routes = new Map<string | undefined, Ended[]>();

  function series(
    route: string | undefined,
    status: number | undefined,
    failure: string | undefined,
    version: string,
  ): Histogram {
    const isFull = metrics.isFull(HTTP_SERVER_REQUEST_DURATION);
    const attributes = block([
      ...common,
      HTTP_RESPONSE_STATUS_CODE,
      status,
      HTTP_ROUTE,
      route,
      ERROR_TYPE,
      failure,
      NETWORK_PROTOCOL_VERSION,
      version,
    ]);
    const made = metrics.histogram(HTTP_SERVER_REQUEST_DURATION, attributes);
    if (!isFull) remember(routes, route, { status, failure, version, series: made });
    return made;
  }

  return {
    begun() {
      active.add(1);
    },
    ended(ms, route, status, failure, version, span, threadMs) {
      active.add(-1);
      const known = find(routes.get(route), status, failure, version);
      (known ?? series(route, status, failure, version)).record(ms / 1000, span);
      threadTime?.(method, route).record(threadMs / 1000, span);
    },
  };
}

/** What goes to one server is told by its address first: as a rule there are few. */
function measureSent(metrics: Metrics): void {
  const servers = new Map<string | undefined, Map<number | undefined, Map<string, Ended[]>>>();

  setClientMeasure(({ method, startMs, address, port }, endMs, status, failure, version, span) => {
    const ends = servers.get(address)?.get(port)?.get(method);
    let series = find(ends, status, failure, version);
    if (series === undefined) {
      const isFull = metrics.isFull(HTTP_CLIENT_REQUEST_DURATION);
      const attributes = block([
        HTTP_REQUEST_METHOD,
        method,
        SERVER_ADDRESS,
        address,
        SERVER_PORT,
        port,
        HTTP_RESPONSE_STATUS_CODE,
        status,
        ERROR_TYPE,
        failure,
        NETWORK_PROTOCOL_VERSION,
        version,
      ]);
      series = metrics.histogram(HTTP_CLIENT_REQUEST_DURATION, attributes);
      // Who asks a million servers has not as many in a map.
      if (!isFull) {
        const methods = within(within(servers, address), port);
        remember(methods, method, { status, failure, version, series });
      }
    }
    series.record((endMs - startMs) / 1000, span);
  });
}

function within<K, L, V>(maps: Map<K, Map<L, V>>, key: K): Map<L, V> {
  let found = maps.get(key);
  if (found === undefined) maps.set(key, (found = new Map()));
  return found;
}

function remember<K>(lists: Map<K, Ended[]>, key: K, one: Ended): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [one]);
  else list.push(one);
}
