import { active, define, scope } from '../src/define.ts';
import {
  endOutgoing,
  expectRedirect,
  failOutgoing,
  injectOutgoing,
  type Outgoing,
  peerOf,
  replacedHeaders,
  startOutgoing,
} from '../src/semconv/http-client.ts';
import {
  addHeader,
  originOf,
  removeHeaders,
  type Request,
  everySecond,
  requestHeader,
  requestHeaders,
  responseHeader,
} from './undici-request.ts';
import { CONTEXT, keepCallbacks, OUTGOING } from './undici-callbacks.ts';
import { addClient, push, shift } from './undici-queue.ts';
import { countResends } from './undici-resends.ts';

const undici = scope('foretrace.undici');

interface Sent extends Request {
  [CONTEXT]?: ReturnType<typeof active>;
  [OUTGOING]?: Attempt;
}

interface Attempt extends Outgoing {
  peer?: ReturnType<typeof peerOf>;
  httpVersion?: string;
}

function create({ request }: { request: Sent }): void {
  const context = active();
  request[CONTEXT] = context;
  keepCallbacks(request);
  const { scheme, address, port } = originOf(request);
  const { path, method } = request;
  const outgoing = startOutgoing(undici, context, method, { scheme, address, port, path });
  if (outgoing === undefined) return;
  request[OUTGOING] = outgoing;
  countResends(outgoing, request);
  removeHeaders(request, replacedHeaders(outgoing));
  injectOutgoing(outgoing, request, addHeader);
}

function sendHeaders({
  request,
  socket,
}: {
  request: Sent;
  socket: { remoteAddress?: string; remotePort?: number; alpnProtocol?: unknown };
}): void {
  const attempt = request[OUTGOING];
  if (attempt === undefined) return;
  attempt.peer = peerOf(socket);
  // What the request is sent in: of the answer undici tells no version.
  attempt.httpVersion = socket.alpnProtocol === 'h2' ? '2' : '1.1';
}

function headers({
  request,
  response,
}: {
  request: Sent;
  response: { statusCode: number; headers: unknown[] };
}): void {
  const attempt = request[OUTGOING];
  if (attempt === undefined) return;
  if (response.statusCode >= 300 && response.statusCode < 400) {
    const location = responseHeader(response.headers, 'location');
    expectRedirect(attempt, location, `${request.origin}${request.path}`);
  }
  endOutgoing(attempt, {
    statusCode: response.statusCode,
    httpVersion: attempt.httpVersion,
    peer: attempt.peer,
    headers: () => ({
      request: { get: (name) => requestHeader(request, name), names: () => requestHeaders(request) },
      response: {
        get: (name) => responseHeader(response.headers, name),
        names: () => everySecond(response.headers),
      },
    }),
  });
}

function error({ request, error }: { request: Sent; error: unknown }): void {
  const attempt = request[OUTGOING];
  if (attempt !== undefined) failOutgoing(attempt, error);
}

export default define({
  name: 'undici',
  module: 'undici',
  versions: '>=5',
  spans:
    'a client span for each request of `fetch` (global or imported), `undici.request`, `stream`, `pipeline` and dispatchers',
  subscriptions: [
    { channel: 'undici:request:create', receive: create },
    { channel: 'undici:client:sendHeaders', receive: sendHeaders },
    { channel: 'undici:request:headers', receive: headers },
    { channel: 'undici:request:error', receive: error },
  ],
  // In version 6 the files have moved.
  points: ['lib', 'lib/dispatcher'].flatMap((folder) => [
    { file: `${folder}/pool-base.js`, target: 'PoolBase.prototype.Symbol(add client)', before: addClient },
    ...[`${folder === 'lib' ? 'lib/node' : folder}/fixed-queue.js`].flatMap((file) => [
      { file, target: 'prototype.push', before: push },
      { file, target: 'prototype.shift', after: shift },
    ]),
  ]),
});
