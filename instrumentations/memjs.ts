import { define, detached, endingCallback, endOnce, guarded, bind, scope } from '../src/define.ts';
import { failDb } from '../src/semconv/db.ts';
import { startMemcached } from '../src/semconv/memcached.ts';

/** The parts of memjs that are touched. */
interface Client {
  server(key: string): { host: string; port: number } | null;
}

interface Response {
  header?: { status: number };
}

const memjs = scope('foretrace.memjs');

/** Operations by the code in the request, with what they carry beyond the key. */
const OPERATIONS: readonly (readonly [name: string, hasValue: boolean] | undefined)[] = [
  ['get', false],
  ['set', true],
  ['add', true],
  ['replace', true],
  ['delete', false],
  ['incr', true],
  ['decr', true],
];
const APPEND = 0x0e;
const TOUCH = 0x1c;

function operationOf(code: number): readonly [string, boolean] | undefined {
  if (code === APPEND) return ['append', true];
  if (code === APPEND + 1) return ['prepend', true];
  if (code === TOUCH) return ['touch', false];
  return OPERATIONS[code];
}

/** Answers, not failures: key not found, key exists, item not stored. */
const ANSWERS = new Set([0, 1, 2, 5]);

const TRACED = Symbol('foretrace.traced');

const trace = guarded(
  'memjs',
  (client: Client, key: string, request: Uint8Array, callback: Function): Function => {
    const operation = operationOf(request[1]);
    if (operation === undefined) return bind(callback);
    const server = client.server(key);
    const [name, hasValue] = operation;
    const span = startMemcached(memjs, {
      name,
      keys: [String(key)],
      hasValue,
      server: server ? `${server.host}:${server.port}` : undefined,
    });
    if (span === undefined) return bind(callback);
    const end = endOnce(
      span,
      (_, error, response) => {
        const status = (response as Response | undefined)?.header?.status ?? 0;
        if (error !== undefined) failDb(span, error, undefined);
        else if (!ANSWERS.has(status)) failDb(span, undefined, String(status));
      },
      'memjs',
    );
    return endingCallback(callback, end);
  },
);

/** `perform(key, request, seq, callback, retries)`, before 1.2 without `seq`: calls itself to try again, with the same callback. */
function perform(original: Function): Function {
  return function (this: Client, ...args: unknown[]) {
    const [key, request] = args as [string, Uint8Array];
    const at = typeof args[2] === 'function' ? 2 : 3;
    const callback = args[at] as (Function & { [TRACED]?: true }) | undefined;
    if (typeof callback === 'function' && callback[TRACED] !== true) {
      args[at] = Object.assign(trace(this, key, request, callback) ?? callback, { [TRACED]: true });
    }
    return Reflect.apply(original, this, args);
  };
}

export default define({
  name: 'memjs',
  module: 'memjs',
  versions: '>=1.1 <2',
  spans: 'a client span for each command on a key, retries included',
  points: [
    { file: 'lib/memjs/memjs.js', target: 'Client.prototype.perform', wrap: perform },
    { file: 'lib/memjs/server.js', target: 'Server.prototype.sock', wrap: detached },
  ],
});
