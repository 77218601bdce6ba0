/** A proxy before a server: it passes on each answer late, cuts connections at their n-th answer, and keeps what clients send. */
import { connect, createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

export interface SlowProxy {
  readonly host: string;
  readonly port: number;
  /** What clients have sent, by connection. */
  readonly sent: string[];
  /** How many connections were cut. */
  readonly cuts: number;
  /** Forgets what was sent, and starts over; cuts at most so many connections. */
  reset(maxCuts?: number): void;
  close(): Promise<void>;
}

const LATE_MS = 3;
/** At which of its answers a connection is cut: before that is passed on. */
const LIVES = [1, 2, 3, 6, 2, 9, 4, 14, 7];

export async function startSlowProxy(target: { host: string; port: number }): Promise<SlowProxy> {
  const sockets = new Set<Socket>();
  let sent: Buffer[][] = [];
  let cuts = 0;
  let most = LIVES.length;
  let connections = 0;
  const server = createServer((client) => {
    const bytes: Buffer[] = [];
    sent.push(bytes);
    let answers = 0;
    const life = LIVES[connections++ % LIVES.length];
    const upstream = connect(target.port, target.host);
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        // What is still late is passed on.
        setTimeout(end, 2 * LATE_MS);
      });
    }
    client.on('data', (chunk: Buffer) => {
      bytes.push(chunk);
      upstream.write(chunk);
    });
    upstream.on('data', (chunk: Buffer) => {
      answers++;
      if (answers === life && cuts < most) {
        cuts++;
        end();
        return;
      }
      setTimeout(() => client.write(chunk), LATE_MS);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    get sent() {
      return sent.map((bytes) => Buffer.concat(bytes).toString('latin1'));
    },
    get cuts() {
      return cuts;
    },
    reset(maxCuts = LIVES.length) {
      most = maxCuts;
      sent = [];
      cuts = 0;
      connections = 0;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
