/** What the tests of the memcached clients have in common: the server, a read and a value that they look for. */
import { connect } from 'node:net';
import { type CallSpan, type DbKit, SECRET } from '../kit/db.ts';

export const MEMCACHED_URL = process.env.MEMCACHED_URL ?? 'memcached://127.0.0.1:11211';
const url = new URL(MEMCACHED_URL);
const port = Number(url.port || 11_211);
const place = port === 11_211 ? url.hostname : url.host;

export const command = (operation: string, text: string, more: Partial<CallSpan> = {}): CallSpan => ({
  name: `${operation} ${place}`,
  attributes: { 'db.operation.name': operation, 'db.query.text': text },
  ...more,
});

/** @param refused the code of the error when nobody listens */
export function memcachedCases(
  refused: unknown,
): Pick<DbKit, 'attributes' | 'read' | 'unreachable' | 'shape'> {
  return {
    attributes: {
      'db.system.name': 'memcached',
      'server.address': url.hostname,
      ...(port !== 11_211 && { 'server.port': port }),
    },
    read: { input: { args: ['get', 'kit:none'] }, span: command('get', 'get kit:none') },
    unreachable: {
      op: 'unreachable',
      input: { port: 1, args: ['get', 'kit:none'] },
      error: refused,
      spans: [
        {
          name: 'get 127.0.0.1:1',
          attributes: {
            ...command('get', 'get kit:none').attributes,
            'server.address': '127.0.0.1',
            'server.port': 1,
            'error.type': refused,
          },
        },
      ],
    },
    shape: { args: ['get', 'kit:none'] },
  };
}

/** Stores a value under `kit:text`, in the protocol's own words. */
export function seedMemcached(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, url.hostname, () => {
      socket.write(`set kit:text 0 600 ${SECRET.length}\r\n${SECRET}\r\n`);
    });
    socket.once('error', reject).once('data', (answer) => {
      socket.destroy();
      if (String(answer).startsWith('STORED')) resolve();
      else reject(new Error(String(answer)));
    });
  });
}
