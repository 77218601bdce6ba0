import { begin, define, endingCallback, scope, UNTRACED } from '../src/define.ts';
import { memcachedClient } from '../src/semconv/memcached.ts';

/** The parts of memjs that are touched. */
interface Client {
  server(key: string): { host: string; port: number } | null;
}

interface Response {
  header?: { status: number };
}

/** Operations by the code in the request, with what they carry beyond the key. */
const OPERATIONS = new Map([
  [0x00, { name: 'get', hasValue: false }],
  [0x01, { name: 'set', hasValue: true }],
  [0x02, { name: 'add', hasValue: true }],
  [0x03, { name: 'replace', hasValue: true }],
  [0x04, { name: 'delete', hasValue: false }],
  [0x05, { name: 'incr', hasValue: true }],
  [0x06, { name: 'decr', hasValue: true }],
  [0x0e, { name: 'append', hasValue: true }],
  [0x0f, { name: 'prepend', hasValue: true }],
  [0x1c, { name: 'touch', hasValue: false }],
]);

/** Answers, not failures: key not found, key exists, item not stored. */
const ANSWERS = new Set([0, 1, 2, 5]);

const command = memcachedClient<Client, [key: string, request: Uint8Array]>({
  scope: scope('foretrace.memjs'),
  operation(client, [key, request]) {
    const operation = OPERATIONS.get(request[1]);
    if (operation === undefined) return undefined;
    const server = client.server(key);
    return {
      ...operation,
      keys: [String(key)],
      server: server ? `${server.host}:${server.port}` : undefined,
    };
  },
  failure(error, response) {
    if (error !== undefined) return { error };
    const status = (response as Response | undefined)?.header?.status ?? 0;
    return ANSWERS.has(status) ? undefined : { status: String(status) };
  },
});

const seen = new WeakSet<Function>();

/** `perform(key, request, seq, callback, retries)`, before 1.2 without `seq`: calls itself to try again, with the same callback. */
function perform(client: Client, args: unknown[]): void {
  const at = typeof args[2] === 'function' ? 2 : 3;
  const callback = args[at];
  if (typeof callback !== 'function' || seen.has(callback)) return;
  const ending = endingCallback(callback, begin(command, client, args) ?? UNTRACED);
  seen.add(ending);
  args[at] = ending;
}

export default define({
  name: 'memjs',
  module: 'memjs',
  versions: '>=1.1 <2',
  spans: 'a client span for each command on a key, retries included',
  points: [
    { file: 'lib/memjs/memjs.js', target: 'Client.prototype.perform', before: perform },
    { file: 'lib/memjs/server.js', target: 'Server.prototype.sock', context: 'none' },
  ],
});
