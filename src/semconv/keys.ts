import { key } from '../encode/key.ts';

// All attribute names of spans, from the OpenTelemetry semantic conventions 1.45. A test compares them with the package of constants.

export const ERROR_TYPE = key('error.type');

export const CODE_FUNCTION_NAME = key('code.function.name');

export const CLIENT_ADDRESS = key('client.address');
export const NETWORK_PEER_ADDRESS = key('network.peer.address');
export const NETWORK_PEER_PORT = key('network.peer.port');
export const NETWORK_PROTOCOL_NAME = key('network.protocol.name');
export const NETWORK_PROTOCOL_VERSION = key('network.protocol.version');
export const SERVER_ADDRESS = key('server.address');
export const SERVER_PORT = key('server.port');
export const URL_FULL = key('url.full');
export const URL_PATH = key('url.path');
export const URL_QUERY = key('url.query');
export const URL_SCHEME = key('url.scheme');
export const USER_AGENT_ORIGINAL = key('user_agent.original');

export const HTTP_REQUEST_METHOD = key('http.request.method');
export const HTTP_REQUEST_METHOD_ORIGINAL = key('http.request.method_original');
export const HTTP_REQUEST_RESEND_COUNT = key('http.request.resend_count');
export const HTTP_RESPONSE_STATUS_CODE = key('http.response.status_code');
export const HTTP_ROUTE = key('http.route');
/** Prefixes: the lower-case name of a captured header follows. */
export const HTTP_REQUEST_HEADER = 'http.request.header.';
export const HTTP_RESPONSE_HEADER = 'http.response.header.';

export const DB_COLLECTION_NAME = key('db.collection.name');
export const DB_NAMESPACE = key('db.namespace');
export const DB_OPERATION_BATCH_SIZE = key('db.operation.batch.size');
export const DB_OPERATION_NAME = key('db.operation.name');
export const DB_QUERY_SUMMARY = key('db.query.summary');
export const DB_QUERY_TEXT = key('db.query.text');
export const DB_RESPONSE_STATUS_CODE = key('db.response.status_code');
export const DB_STORED_PROCEDURE_NAME = key('db.stored_procedure.name');
export const DB_SYSTEM_NAME = key('db.system.name');
