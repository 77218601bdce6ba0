import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface BusyServer {
  url: string;
  /** Answers again as if nobody had asked yet; with `earlier`, as if so many had. */
  reset(earlier?: number): void;
  close(): Promise<void>;
}

/** `/redirect/2` leads over `/redirect/1` to `/busy`, which has no time (503) before the fifth request of all. */
export async function startBusyServer(): Promise<BusyServer> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    if (request.url === '/redirect/2') response.writeHead(302, { location: '/redirect/1' }).end();
    else if (request.url === '/redirect/1') response.writeHead(302, { location: '/busy' }).end();
    else if (request.url === '/busy' && requests < 5) response.writeHead(503).end();
    else response.end('ok');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    reset(earlier = 0) {
      requests = earlier;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
