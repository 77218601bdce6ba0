/**
 * From version 5 on: operations of a client, which a cluster or sentinels may have chosen. The library's own channel is left alone: with a
 * subscriber it wraps each promise once more and marks the rejections within a pipeline as handled.
 */
import { type Ending, type Ends, type Point, promise, UNTRACED } from '../src/define.ts';
import { type AnsweredBy, redisBatch, redisClient } from '../src/semconv/redis.ts';
import {
  type Arguments,
  batchSelection,
  type Client,
  type Commands,
  gettersOf,
  isOwn,
  select,
  selection,
  sentOf,
  targetOf,
} from './redis-client-getters.ts';

/** What a cluster or a sentinel client hands to one of its clients; after a redirection or failover to another one. */
interface Route {
  client?: Client;
  ending?: Ending;
}

/** A client of a cluster or of sentinels is about to be called. */
let route: Route | undefined;

/** However often an operation with a route is tried, it starts with the first try and ends with the route. */
const isTriedAgain = (): boolean => route?.ending !== undefined;

const ends: Ends = {
  arm(_, __, ending) {
    if (route === undefined) return false;
    route.ending ??= ending;
    route = undefined;
    return true;
  },
  watch: promise.watch,
};

const clientOf = (client: Client): Client => client._self ?? client;

const getters = {
  ...gettersOf(clientOf),
  answeredBy(): AnsweredBy | undefined {
    const way = route;
    return way && (() => way.client && targetOf(way.client));
  },
};

export const command = {
  trace: redisClient<Client, [Arguments]>({
    ...getters,
    isOwn: (_, [args]) => isTriedAgain() || isOwn(args),
  }),
  ends,
  before: (client: Client, [args]: [Arguments]) => selection(clientOf(client), args),
  after: select,
} satisfies Partial<Point>;

const batch = (isChained: boolean) =>
  ({
    trace: redisBatch<Client, [Commands, unknown]>({
      ...getters,
      isOwn: isTriedAgain,
      sent: (_, [commands]) => sentOf(commands, isChained),
    }),
    ends,
    before: (client: Client, [, database]: [Commands, unknown]) => batchSelection(clientOf(client), database),
    after: select,
  }) satisfies Partial<Point>;

export const pipeline = batch(false);
export const transaction = batch(true);

/** `_execute` of a cluster or of sentinels takes a function, and calls it with a client, again with another if need be. */
export const routed = {
  before(_: unknown, args: unknown[]) {
    const at = args.findIndex((arg) => typeof arg === 'function');
    const send = args[at];
    if (typeof send !== 'function') return UNTRACED;
    const way: Route = {};
    args[at] = function (this: unknown, client: Client | undefined) {
      way.client = client && clientOf(client);
      route = way;
      try {
        return Reflect.apply(send, this, arguments);
      } finally {
        route = undefined;
      }
    };
    return way;
  },
  ends: promise,
  after(_: unknown, __: unknown, error: unknown, result: unknown, { ending }: Route) {
    ending?.end(error, result);
  },
} satisfies Partial<Point>;
