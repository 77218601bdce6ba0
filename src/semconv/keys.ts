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
/** What the conventions called the next one before 1.40, which back ends still draw their maps of services by. */
export const PEER_SERVICE = key('peer.service');
export const SERVICE_PEER_NAME = key('service.peer.name');
export const URL_FULL = key('url.full');
export const URL_PATH = key('url.path');
export const URL_QUERY = key('url.query');
export const URL_SCHEME = key('url.scheme');
export const URL_TEMPLATE = key('url.template');
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
/** A prefix: the name of a parameter, or its index from 0 on, follows. */
export const DB_QUERY_PARAMETER = 'db.query.parameter.';
export const DB_QUERY_SUMMARY = key('db.query.summary');
export const DB_QUERY_TEXT = key('db.query.text');
export const DB_RESPONSE_STATUS_CODE = key('db.response.status_code');
export const DB_STORED_PROCEDURE_NAME = key('db.stored_procedure.name');
export const DB_SYSTEM_NAME = key('db.system.name');

export const MESSAGING_BATCH_MESSAGE_COUNT = key('messaging.batch.message_count');
export const MESSAGING_CLIENT_ID = key('messaging.client.id');
export const MESSAGING_CONSUMER_GROUP_NAME = key('messaging.consumer.group.name');
export const MESSAGING_DESTINATION_ANONYMOUS = key('messaging.destination.anonymous');
export const MESSAGING_DESTINATION_NAME = key('messaging.destination.name');
export const MESSAGING_MESSAGE_CONVERSATION_ID = key('messaging.message.conversation_id');
export const MESSAGING_MESSAGE_ID = key('messaging.message.id');
export const MESSAGING_OPERATION_NAME = key('messaging.operation.name');
export const MESSAGING_OPERATION_TYPE = key('messaging.operation.type');
export const MESSAGING_RABBITMQ_DESTINATION_ROUTING_KEY = key('messaging.rabbitmq.destination.routing_key');
export const MESSAGING_RABBITMQ_MESSAGE_DELIVERY_TAG = key('messaging.rabbitmq.message.delivery_tag');
export const MESSAGING_SYSTEM = key('messaging.system');

export const RPC_METHOD = key('rpc.method');
export const RPC_METHOD_ORIGINAL = key('rpc.method_original');
export const RPC_STATUS_CODE = key('rpc.status_code');
export const RPC_SYSTEM_NAME = key('rpc.system.name');

export const CODE_FILE_PATH = key('code.file.path');
export const CODE_LINE_NUMBER = key('code.line.number');

export const GEN_AI_EMBEDDINGS_DIMENSION_COUNT = key('gen_ai.embeddings.dimension.count');
export const GEN_AI_OPERATION_NAME = key('gen_ai.operation.name');
export const GEN_AI_OUTPUT_TYPE = key('gen_ai.output.type');
export const GEN_AI_PROVIDER_NAME = key('gen_ai.provider.name');
export const GEN_AI_REQUEST_CHOICE_COUNT = key('gen_ai.request.choice.count');
export const GEN_AI_REQUEST_ENCODING_FORMATS = key('gen_ai.request.encoding_formats');
export const GEN_AI_REQUEST_FREQUENCY_PENALTY = key('gen_ai.request.frequency_penalty');
export const GEN_AI_REQUEST_MAX_TOKENS = key('gen_ai.request.max_tokens');
export const GEN_AI_REQUEST_MODEL = key('gen_ai.request.model');
export const GEN_AI_REQUEST_PRESENCE_PENALTY = key('gen_ai.request.presence_penalty');
export const GEN_AI_REQUEST_SEED = key('gen_ai.request.seed');
export const GEN_AI_REQUEST_STOP_SEQUENCES = key('gen_ai.request.stop_sequences');
export const GEN_AI_REQUEST_STREAM = key('gen_ai.request.stream');
export const GEN_AI_REQUEST_TEMPERATURE = key('gen_ai.request.temperature');
export const GEN_AI_REQUEST_TOP_P = key('gen_ai.request.top_p');
export const GEN_AI_RESPONSE_FINISH_REASONS = key('gen_ai.response.finish_reasons');
export const GEN_AI_RESPONSE_ID = key('gen_ai.response.id');
export const GEN_AI_RESPONSE_MODEL = key('gen_ai.response.model');
export const GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK = key('gen_ai.response.time_to_first_chunk');
export const GEN_AI_USAGE_INPUT_TOKENS = key('gen_ai.usage.input_tokens');
export const GEN_AI_USAGE_OUTPUT_TOKENS = key('gen_ai.usage.output_tokens');
