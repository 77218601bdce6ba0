import { attach, current, ownSymbol, wrap } from '../src/define.ts';

/**
 * Keeps the caller's context of requests that wait in a pool: undici dispatches them when a connection has become free, in
 * whatever runs then, which is as a rule the answer to another request. (Its newest versions do so themselves.)
 */
const CONTEXT = Symbol('foretrace.context');

/** A waiting request. Senders of WebSockets have such queues too, without handlers. */
interface Item {
  handler?: object;
  [CONTEXT]?: ReturnType<typeof current>;
}

/** How many pools are handing out waiting requests just now, and the context in which the innermost was asked to. */
let draining = 0;
let outside: ReturnType<typeof current>;

/** Called only for what has to wait, so nothing is added to a request that is sent at once. */
export function push(_: unknown, [item]: [Item]): void {
  if (item?.handler !== undefined) item[CONTEXT] = current();
}

/** What is taken out of the queue is dispatched next, by whoever took it: in the context of the item. */
export function shift(_: unknown, __: unknown[], ___: unknown, item: Item | null | undefined): void {
  if (draining === 0) return;
  const context = item?.handler === undefined ? outside : item[CONTEXT];
  if (context !== current()) attach(context);
}

/** Hands out waiting requests until there are none or the connection is busy. */
function drain(original: Function): Function {
  return function (this: unknown) {
    const before = outside;
    const mine = (outside = current());
    draining++;
    try {
      return Reflect.apply(original, this, arguments);
    } finally {
      draining--;
      outside = before;
      if (current() !== mine) attach(mine);
    }
  };
}

/** The methods that drain: functions of each pool in older versions. The first connection of a pool comes before all of them run. */
export function addClient(pool: object): void {
  wrapDrain(pool, 'onDrain');
  wrapDrain(pool, 'drain queue');
}

function wrapDrain(pool: object, description: string): void {
  let holder: object | null = pool;
  for (; holder !== null; holder = Object.getPrototypeOf(holder)) {
    const name = ownSymbol(holder, description);
    if (name !== undefined) {
      wrap(holder, name, drain as never);
      return;
    }
  }
}
