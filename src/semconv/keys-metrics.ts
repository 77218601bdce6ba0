// The metrics that roles name. What they are is in `src/metrics/instrument.ts`, which is read where somebody counts.

export const DB_CLIENT_CONNECTION_COUNT = 'db.client.connection.count';
export const DB_CLIENT_CONNECTION_CREATE_TIME = 'db.client.connection.create_time';
export const DB_CLIENT_CONNECTION_IDLE_MAX = 'db.client.connection.idle.max';
export const DB_CLIENT_CONNECTION_IDLE_MIN = 'db.client.connection.idle.min';
export const DB_CLIENT_CONNECTION_MAX = 'db.client.connection.max';
export const DB_CLIENT_CONNECTION_PENDING_REQUESTS = 'db.client.connection.pending_requests';
export const DB_CLIENT_CONNECTION_TIMEOUTS = 'db.client.connection.timeouts';
export const DB_CLIENT_CONNECTION_USE_TIME = 'db.client.connection.use_time';
export const DB_CLIENT_CONNECTION_WAIT_TIME = 'db.client.connection.wait_time';
export const DB_CLIENT_OPERATION_DURATION = 'db.client.operation.duration';
export const GEN_AI_CLIENT_OPERATION_DURATION = 'gen_ai.client.operation.duration';
export const GEN_AI_CLIENT_TOKEN_USAGE = 'gen_ai.client.token.usage';
export const MESSAGING_CLIENT_CONSUMED_MESSAGES = 'messaging.client.consumed.messages';
export const MESSAGING_CLIENT_OPERATION_DURATION = 'messaging.client.operation.duration';
export const MESSAGING_CLIENT_SENT_MESSAGES = 'messaging.client.sent.messages';
export const MESSAGING_PROCESS_DURATION = 'messaging.process.duration';
export const RPC_CLIENT_CALL_DURATION = 'rpc.client.call.duration';
export const RPC_SERVER_CALL_DURATION = 'rpc.server.call.duration';
