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
import { type ClientExchange, setClientMeasure } from '../semconv/http-client.ts';
import { type Served, type ServerExchange, setServerMeasure } from '../semconv/http-server.ts';
import { threadTimeSeries } from './thread-time.ts';
import {
  HTTP_CLIENT_REQUEST_DURATION,
  HTTP_SERVER_ACTIVE_REQUESTS,
  HTTP_SERVER_REQUEST_DURATION,
} from './instrument.ts';
import type { Histogram, Metrics, Sum } from './series.ts';

/** Requests that are counted alike. */
interface Counted {
  readonly method: string;
  readonly status: number | undefined;
  readonly errorType: string | undefined;
  readonly version: string | undefined;
  readonly series: Histogram;
}

interface CountedServer extends Counted {
  readonly scheme: string;
}

interface CountedClient extends Counted {
  readonly port: number | undefined;
}

/** Lists are short, and comparing a few texts, which are the same objects as a rule, costs less than to make a key of them. */
function find<C extends Counted>(
  list: C[],
  by: Omit<Counted, 'series'>,
  fits: (one: C) => boolean,
): C | undefined {
  const { method, status, errorType, version } = by;
  for (const one of list) {
    if (
      one.status === status &&
      one.method === method &&
      one.version === version &&
      one.errorType === errorType &&
      fits(one)
    )
      return one;
  }
  return undefined;
}

/**
 * Counts the requests that this thread serves and makes.
 * @param hasThreadTime whether it is known how long their code has run
 */
export function measureHttp(metrics: Metrics, hasThreadTime: boolean): void {
  const threadTime = hasThreadTime ? threadTimeSeries(metrics) : undefined;
  const served = new Map<string | undefined, CountedServer[]>();
  const active = new Map<string, Sum>();
  const sent = new Map<string | undefined, CountedClient[]>();

  function serverSeries({ scheme, version }: Served, exchange: ServerExchange): Histogram {
    const { method, status, failure: errorType, route } = exchange;
    const list = served.get(route);
    const by = { method, status, errorType, version };
    const known = list && find(list, by, (one) => one.scheme === scheme);
    if (known !== undefined) return known.series;
    const isFull = metrics.isFull(HTTP_SERVER_REQUEST_DURATION);
    const attributes = block([
      HTTP_REQUEST_METHOD,
      method,
      URL_SCHEME,
      scheme,
      HTTP_RESPONSE_STATUS_CODE,
      status,
      HTTP_ROUTE,
      route,
      ERROR_TYPE,
      errorType,
      NETWORK_PROTOCOL_VERSION,
      version,
    ]);
    const series = metrics.histogram(HTTP_SERVER_REQUEST_DURATION, attributes);
    if (!isFull) {
      const made = { ...by, scheme, series };
      if (list === undefined) served.set(route, [made]);
      else list.push(made);
    }
    return series;
  }

  function clientSeries(exchange: ClientExchange): Histogram {
    const { method, status, address, port, version, failure: errorType } = exchange;
    const list = sent.get(address);
    const by = { method, status, errorType, version };
    const known = list && find(list, by, (one) => one.port === port);
    if (known !== undefined) return known.series;
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
      errorType,
      NETWORK_PROTOCOL_VERSION,
      version,
    ]);
    const series = metrics.histogram(HTTP_CLIENT_REQUEST_DURATION, attributes);
    if (!isFull) {
      const made = { ...by, port, series };
      if (list === undefined) sent.set(address, [made]);
      else list.push(made);
    }
    return series;
  }

  setServerMeasure({
    active(method, scheme) {
      const key = `${method} ${scheme}`;
      let found = active.get(key);
      if (found === undefined) {
        const attributes = block([HTTP_REQUEST_METHOD, method, URL_SCHEME, scheme]);
        found = metrics.sum(HTTP_SERVER_ACTIVE_REQUESTS, attributes);
        active.set(key, found);
      }
      return found;
    },
    ended(request, exchange) {
      const { startMs, span } = request;
      serverSeries(request, exchange).record((exchange.endMs - startMs) / 1000, span);
      threadTime?.(exchange.method, exchange.route).record(request.threadMs / 1000, span);
    },
  });
  setClientMeasure((exchange) => {
    const { startMs, endMs, span } = exchange;
    clientSeries(exchange).record((endMs - startMs) / 1000, span);
  });
}
