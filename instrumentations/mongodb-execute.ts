import { active, callbackOr, callIn, guarded, keepContext, promise } from '../src/define.ts';
import {
  begin,
  beginOperation,
  type Client,
  type Namespace,
  type Operation,
  type Server,
} from './mongodb-operation.ts';

/** Operations that run others, which are the ones that count. */
const COMPOSITES =
  /^(BulkWrite|BulkWriteShim|Collections|FindOne|Indexes|IndexExists|IndexInformation|InsertMany|IsCapped|Options)Operation$/;

const settle = callbackOr(promise);

/** All operations come by here, once each: what the driver retries is inside. */
export function executeOperation(original: Function): Function {
  return function (this: unknown, ...args: unknown[]) {
    const [client, operation] = args as [Client, Operation];
    if (COMPOSITES.test(operation?.constructor?.name)) {
      restoreContext(operation);
      keepContext(args);
      return Reflect.apply(original, this, args);
    }
    const end = beginOperation(client, operation);
    if (end !== undefined) return settle(original, this, args, end);
    keepContext(args);
    return Reflect.apply(original, this, args);
  };
}

/** Version 4 runs an operation from whatever callback tells that there is a server. */
function restoreContext(operation: Operation): void {
  const { execute } = operation;
  if (typeof execute !== 'function') return;
  const context = active();
  operation.execute = function (this: unknown, ...args: unknown[]) {
    return callIn(context, execute, this, args);
  };
}

const beginGetMore = guarded('mongodb', (server: Server, { db, collection }: Namespace) =>
  begin({ name: 'getMore', database: db, collection }, () => server.description?.address),
);

/** Before 4.2 a cursor asks for more past `executeOperation`. */
export function getMore(original: Function): Function {
  return function (this: Server, ...args: unknown[]) {
    const end = beginGetMore(this, args[0] as Namespace);
    if (end === undefined) return Reflect.apply(original, this, args);
    return settle(original, this, args, end);
  };
}
