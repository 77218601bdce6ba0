/** An HTTP server that answers as Elasticsearch does, as far as the tests ask. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ElasticServer {
  url: string;
  host: string;
  port: number;
  /** The `traceparent` headers that came, in order. */
  traceparents: (string | undefined)[];
  close(): Promise<void>;
}

const FOUND = { took: 1, timed_out: false, hits: { total: { value: 0, relation: 'eq' }, hits: [] } };

export async function startElastic(): Promise<ElasticServer> {
  const traceparents: (string | undefined)[] = [];
  let busy = false;
  const server = createServer((request, response) => {
    traceparents.push(request.headers.traceparent as string | undefined);
    const [, index] = request.url!.split(/[/?]/);
    request.resume().on('end', () => {
      const answer = (status: number, body: object): void => {
        response.writeHead(status, {
          'content-type': 'application/vnd.elasticsearch+json;compatible-with=8',
          'x-elastic-product': 'Elasticsearch',
        });
        response.end(JSON.stringify(body));
      };
      if (index === 'kit-missing') {
        answer(404, {
          error: { type: 'index_not_found_exception', reason: 'no such index [kit-missing]' },
          status: 404,
        });
      } else if (index === 'kit-busy' && (busy = !busy)) {
        answer(503, { error: { type: 'unavailable' }, status: 503 });
      } else {
        answer(200, FOUND);
      }
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    host: '127.0.0.1',
    port,
    traceparents,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
