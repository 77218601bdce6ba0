import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { callIn, current, attach, guarded, scope } from '../src/define.ts';
import { endServed, mark, type Served, servedOf, startServed } from '../src/semconv/http-server.ts';

export type Emitter = { _events?: Record<string, unknown> };
export type Emit = (this: Emitter, event: string, first?: unknown) => boolean;

export const http = scope('foretrace.http');

interface ServerStart {
  request: IncomingMessage;
  response: ServerResponse;
  socket: Socket;
}

/**
 * Node publishes this for every request of every http and https server, before any of the app's code. Entering the context
 * here lasts for the synchronous handling of the request and all that starts in it.
 */
export function onRequest({ request, response, socket }: ServerStart): void {
  const served = startServed(http, request, socket as Socket & { encrypted?: boolean });
  mark(request, served);
  mark(response, served);
  attach(served.context);
}

/**
 * True for an event that comes from outside of the request's context: from Node 24 on, body events of later TCP chunks do.
 * Contexts are restored here, at the prototype, because binding each request costs 10-18 µs and changes what `listeners()` returns.
 */
function isOutside(emitter: Emitter, served: Served, event: string): boolean {
  const listener = emitter._events?.[event] as { name?: string } | undefined;
  return listener !== undefined && current()?.entry !== served && listener.name !== NODES_OWN;
}

/** Node's listener at the end of a request without a body. Alone it needs no context, which on Node 24 takes two copies of a Map. */
const NODES_OWN = 'clearIncoming';

// Both `emit`s take no rest parameter: eight events of each request pass here, most of them without arguments.

export function incomingEmit(original: Function): Emit {
  return function (this: Emitter, event, first) {
    const served = servedOf(this);
    if (served !== undefined && isOutside(this, served, event)) {
      return callIn(served.context, original, this, arguments) as boolean;
    }
    if (arguments.length === 1) return original.call(this, event);
    if (arguments.length === 2) return original.call(this, event, first);
    return Reflect.apply(original, this, arguments);
  };
}

const endResponse = guarded('http', (served: Served, response: ServerResponse, event: string) => {
  endServed(
    served,
    response,
    event === 'finish' || response.writableFinished ? undefined : abortReason(response),
  );
});

function abortReason({ errored }: ServerResponse): string {
  const { code, name } = (errored ?? {}) as { code?: string; name?: string };
  return code ?? name ?? 'ECONNRESET';
}

export function responseEmit(original: Function): Emit {
  return function (this: Emitter, event, first) {
    const served = servedOf(this);
    if (served !== undefined) {
      // `close` without `finish`: the connection went away first.
      if (event === 'finish' || event === 'close')
        endResponse(served, this as unknown as ServerResponse, event);
      if (isOutside(this, served, event)) return callIn(served.context, original, this, arguments) as boolean;
    }
    if (arguments.length === 1) return original.call(this, event);
    if (arguments.length === 2) return original.call(this, event, first);
    return Reflect.apply(original, this, arguments);
  };
}
