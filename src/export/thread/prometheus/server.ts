import {
  Agent,
  createServer,
  type IncomingMessage,
  request as ask,
  type Server,
  type ServerResponse,
} from 'node:http';
import { guarded, reportFailure } from '../../../guard.ts';
import { log } from '../../../log.ts';
import { VERSION } from '../../../version.ts';
import { EXPORTER_AGENT, SCRAPE_SERVER } from '../../marker.ts';
import { CONTENT_TYPES, type Format, formatFor } from './format.ts';

export interface PrometheusOptions {
  readonly host: string;
  readonly port: number;
}

export interface PrometheusServer {
  close(): void;
}

const PATH = '/metrics';
/** Enough for a pair of Prometheus servers and somebody who looks. */
const MAX_CONNECTIONS = 16;
const TIMEOUT_MS = 10_000;
/** A port that is taken may be that of the process whose place this one takes. */
const RETRY_MS = 5_000;
/** By which another foretrace knows who has the port. */
const SERVER = `foretrace/${VERSION} (process ${process.pid})`;

/**
 * Serves the text that `scrape` makes at `/metrics`. Never keeps the process alive, and a port that can't be had is one line.
 */
export function servePrometheus(
  { host, port }: PrometheusOptions,
  scrape: (format: Format) => Promise<string>,
): PrometheusServer {
  // `localhost` is two addresses, and who scrapes may try either alone.
  const addresses = host === 'localhost' ? ['127.0.0.1', '::1'] : [host];
  const servers = new Set<Server>();
  let retry: NodeJS.Timeout | undefined;
  let isTold = false;
  let closed = false;
  /** Scrapes at the same time have the same answer. */
  const underWay = new Map<Format, Promise<string>>();

  function textOf(format: Format): Promise<string> {
    let text = underWay.get(format);
    if (text === undefined) {
      text = scrape(format).finally(() => underWay.delete(format));
      underWay.set(format, text);
    }
    return text;
  }

  const answer = guarded('an answer to Prometheus', (request: IncomingMessage, response: ServerResponse) => {
    response.setHeader('server', SERVER);
    const { method, url = '' } = request;
    if (method !== 'GET' && method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      // Without reading what comes with it.
      response.setHeader('connection', 'close');
      finish(response, 405, 'only GET is answered\n');
    } else if (url.split('?', 1)[0] !== PATH) {
      finish(response, 404, `metrics are at ${PATH}\n`);
    } else {
      const format = formatFor(request.headers.accept);
      textOf(format).then(
        (text) => {
          response.setHeader('content-type', CONTENT_TYPES[format]);
          finish(response, 200, text);
        },
        (error: unknown) => {
          reportFailure('an answer to Prometheus', error);
          finish(response, 500, 'the metrics cannot be shown\n');
        },
      );
    }
  });

  function listen(address: string, wanted: number): void {
    const server = createServer(
      { headersTimeout: TIMEOUT_MS, requestTimeout: TIMEOUT_MS, keepAliveTimeout: 60_000 },
      answer,
    );
    Object.assign(server, { [SCRAPE_SERVER]: true });
    server.maxConnections = MAX_CONNECTIONS;
    server.on('connection', (socket) => socket.unref());
    server.on(
      'error',
      guarded('the server for Prometheus', (error: NodeJS.ErrnoException) => {
        servers.delete(server);
        failed(address, wanted, error);
      }),
    );
    const onListening = guarded('the server for Prometheus', () => {
      const at = server.address();
      const got = typeof at === 'object' && at !== null ? at.port : wanted;
      log.info(`metrics for Prometheus are at http://${shown(address)}:${got}${PATH}`);
      // The other address of `localhost` with the same port, which 0 does not name.
      if (address === addresses[0] && addresses.length > 1) listen(addresses[1], got);
    });
    // Inline in a worker of `cluster` the port would be shared: a scrape would be of any of them.
    server.listen({ host: address, port: wanted, exclusive: true }, onListening);
    server.unref();
    servers.add(server);
  }

  function failed(address: string, wanted: number, { code, message }: NodeJS.ErrnoException): void {
    // A machine may have no IPv6; on one that has, the second address is an extra.
    if (address !== addresses[0] || closed) return;
    const where = `http://${shown(host)}:${wanted}${PATH}`;
    const tell = (why: string): void => {
      if (!isTold) log.warn(`cannot serve metrics for Prometheus at ${where}: ${why}`);
      isTold = true;
    };
    if (code !== 'EADDRINUSE') {
      tell(code ?? message);
      return;
    }
    if (!isTold) {
      whoHas(address, wanted, (who) =>
        tell(
          `the port is taken by ${who}; each process needs a port of its own (OTEL_EXPORTER_PROMETHEUS_PORT), this one goes on trying`,
        ),
      );
    }
    retry = setTimeout(() => listen(address, wanted), RETRY_MS);
    retry.unref();
  }

  listen(addresses[0], port);
  return {
    close() {
      closed = true;
      clearTimeout(retry);
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}

function finish(response: ServerResponse, status: number, text: string): void {
  if (response.destroyed) return;
  response.statusCode = status;
  if (!response.hasHeader('content-type')) response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.setHeader('content-length', Buffer.byteLength(text));
  response.end(response.req.method === 'HEAD' ? undefined : text);
}

/** Asks who listens at a port. */
function whoHas(host: string, port: number, told: (who: string) => void): void {
  const other = 'another program';
  const agent = Object.assign(new Agent(), { [EXPORTER_AGENT]: true });
  const request = ask({ host, port, method: 'HEAD', path: '/', agent, timeout: 1000 }, (response) => {
    const [, pid] = /^foretrace\/\S+ \(process (\d{1,10})\)$/.exec(String(response.headers.server)) ?? [];
    told(pid === undefined ? other : `foretrace in process ${pid}`);
    request.destroy();
  });
  request.on('socket', (socket) => socket.unref());
  request.on('timeout', () => request.destroy(new Error('no answer')));
  request.on('error', () => told(other));
  request.end();
}

function shown(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
