import { type Counted, CountedTree, type Outcome } from '../operation/counted.ts';
import { errorType } from './error.ts';
import {
  DB_COLLECTION_NAME,
  DB_NAMESPACE,
  DB_OPERATION_NAME,
  DB_QUERY_SUMMARY,
  DB_RESPONSE_STATUS_CODE,
  DB_SYSTEM_NAME,
  SERVER_ADDRESS,
  SERVER_PORT,
} from './keys.ts';
import { DB_CLIENT_OPERATION_DURATION } from './keys-metrics.ts';

/** What operations on a database are counted by, besides what they are. */
export interface DbPlace {
  readonly system: string;
  readonly namespace?: string;
  readonly address?: string;
  /** Absent if it is the system's own. */
  readonly port?: number;
}

/** What an operation is: each part absent if it is not known, or not the system's way to tell. */
export interface DbOperation {
  readonly summary?: string;
  readonly operation?: string;
  readonly collection?: string;
}

const all = new CountedTree();

/** Where all that asks the same database of the same server is counted. */
export function countedAt({ system, namespace, address, port }: DbPlace): CountedTree {
  return all.at(system).at(namespace).at(address).at(port);
}

/** `db.client.operation.duration` of one kind of operation. */
export function dbCounted(
  { system, namespace, address, port }: DbPlace,
  { summary, operation, collection }: DbOperation,
): Counted {
  const pairs = [
    DB_SYSTEM_NAME,
    system,
    DB_NAMESPACE,
    namespace,
    DB_OPERATION_NAME,
    operation,
    DB_COLLECTION_NAME,
    collection,
    DB_QUERY_SUMMARY,
    summary === '' ? undefined : summary,
    SERVER_ADDRESS,
    address,
    SERVER_PORT,
    port,
  ];
  return { duration: { name: DB_CLIENT_OPERATION_DURATION, pairs }, detail: DB_RESPONSE_STATUS_CODE };
}

/** How an operation ended: `status` is what the server calls the error. */
export function dbOutcome(error: unknown, status: string | undefined): Outcome {
  return { errorType: status ?? errorType(error), detail: status };
}
