import { attempt, type End, observePromise } from '../src/define.ts';
import {
  type Arguments,
  beginBatch,
  beginCommand,
  type Client,
  type Route,
  selecting,
} from './redis-client-spans.ts';

/** A client of a cluster or of sentinels is about to be called. */
let route: Route | undefined;

/**
 * The library's own channel is left alone: with a subscriber it wraps each promise once more and marks the rejections
 * within a pipeline as handled.
 */
export function settled(original: Function, self: unknown, args: unknown[], end: End | undefined): unknown {
  if (end === undefined) return Reflect.apply(original, self, args);
  return observePromise(attempt(original, self, args, end), end);
}

/** However often an operation with a route is tried, it starts with the first try and ends with the route. */
function tried(
  original: Function,
  self: Client,
  args: unknown[],
  begin: (client: Client, way?: Route) => End | undefined,
): unknown {
  const client = self._self ?? self;
  const way = route;
  if (way === undefined) return settled(original, self, args, begin(client));
  route = undefined;
  way.client = client;
  way.end ??= begin(client, way);
  return Reflect.apply(original, self, args);
}

/** `_execute` of a cluster or of sentinels takes a function, and calls it with a client, again with another if need be. */
export function routed(original: Function): Function {
  return function (this: unknown, ...args: unknown[]) {
    const at = args.findIndex((arg) => typeof arg === 'function');
    const send = args[at] as Function | undefined;
    if (send === undefined) return Reflect.apply(original, this, args);
    const way: Route = {};
    args[at] = (...sent: unknown[]) => {
      route = way;
      try {
        return Reflect.apply(send, undefined, sent);
      } finally {
        route = undefined;
      }
    };
    return settled(original, this, args, (error, result) => way.end?.(error, result));
  };
}

export function sendCommand(original: Function): Function {
  return function (this: Client, ...args: unknown[]) {
    return tried(original, this, args, (client, way) => beginCommand(client, args[0] as Arguments, way));
  };
}

export function executeBatch(chained: boolean): (original: Function) => Function {
  return (original) =>
    function (this: Client, ...args: unknown[]) {
      const [commands, database] = args as [{ args: Arguments }[], unknown];
      return tried(original, this, args, (client, way) =>
        selecting(client, database, beginBatch(client, commands, chained, way)),
      );
    };
}
