import { followExpected, isResendExpected, noteResend, type Outgoing } from '../src/semconv/http-client.ts';
import type { Request } from './undici-request.ts';

/** The symbols under which the copies of undici keep a request's handler. */
const handlerKeys: symbol[] = [];

interface Handler {
  /** What it passes the answers on to. */
  handler?: Handler;
  /** Of `RetryHandler`. */
  retryOpts?: unknown;
  /** Of `RedirectHandler`. */
  history?: unknown;
}

function handlerOf(request: Request): Handler | undefined {
  const parts = request as unknown as Record<symbol, Handler | undefined>;
  for (const key of handlerKeys) if (parts[key] !== undefined) return parts[key];
  const key = Object.getOwnPropertySymbols(request).find(({ description }) => description === 'handler');
  if (key !== undefined) handlerKeys.push(key);
  return key && parts[key];
}

/** How many requests each handler has made. */
const sent = new WeakMap<Handler, number>();
const MAX_DEPTH = 8;

/** Counts by the handlers that send the same call again: they stay the same over all attempts. */
export function countResends(outgoing: Outgoing, request: Request): void {
  let count = 0;
  let handler = handlerOf(request);
  for (let depth = 0; depth < MAX_DEPTH && typeof handler === 'object' && handler !== null; depth++) {
    if (handler.retryOpts !== undefined || handler.history !== undefined) {
      const before = sent.get(handler) ?? 0;
      sent.set(handler, before + 1);
      if (before > count) count = before;
    }
    handler = handler.handler;
  }
  if (count > 0) noteResend(outgoing, count);
  else if (isResendExpected(outgoing)) followExpected(outgoing, `${request.origin}${request.path}`);
}
