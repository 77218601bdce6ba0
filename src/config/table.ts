import { SECRET_NAMES } from '../redact/secrets.ts';
import { LOG_LEVELS } from '../log.ts';

/**
 * How the text of a variable is read:
 * `timeout` is milliseconds where 0 means "no limit"; `duration` is milliseconds where 0 is what it says; `pairs` is
 * `key=value,key=value` with percent-encoding; `set` is a list out of `values`, where `none` alone gives the empty list.
 */
export type VariableType =
  | 'boolean'
  | 'integer'
  | 'duration'
  | 'timeout'
  | 'ratio'
  | 'enum'
  | 'set'
  | 'list'
  | 'header names'
  | 'pairs'
  | 'headers'
  | 'string'
  | 'path'
  | 'URL';

/** Detectors of OpenTelemetry's own agent; `env` is what the variables say. */
export const DETECTORS = ['env', 'host', 'os', 'process', 'serviceinstance', 'container'] as const;
/** Those of it that find nothing here. */
const CLOUDS = ['alibaba', 'aws', 'azure', 'gcp'] as const;

/** One environment variable. The parser, the documentation and the tests are derived from these rows. */
export interface Variable {
  readonly name: string;
  /** Other spellings, read when `name` is unset. */
  readonly aliases?: readonly string[];
  readonly group: GroupId;
  readonly type: VariableType;
  /** What `enum` and `set` accept, in any case. */
  readonly values?: readonly string[];
  /** Accepted words that mean one of `values`. */
  readonly synonyms?: Readonly<Record<string, string>>;
  /** Words that other implementations accept, with the sentence that a user of them needs. */
  readonly unsupported?: Readonly<Record<string, string>>;
  /** Bounds of a number, both inclusive. */
  readonly min?: number;
  readonly max?: number;
  readonly unit?: 'ms' | 'spans' | 'characters' | 'bytes';
  /** Used when unset or invalid. `undefined` means "absent"; `Infinity` means "no limit". */
  readonly default: boolean | number | string | readonly string[] | undefined;
  /** The earlier row whose value holds while this one is unset or invalid. */
  readonly fallback?: string;
  /** The value is never written to a log. */
  readonly secret?: boolean;
  /** One line, Markdown. */
  readonly help: string;
}

export type GroupId =
  | 'general'
  | 'traces'
  | 'batch'
  | 'limits'
  | 'otlp'
  | 'http'
  | 'database'
  | 'instrumentations'
  | 'foretrace';

/** The longest delay of a Node timer: `setTimeout` fires at once when it is given more. */
export const MAX_DELAY_MS = 2_147_483_647;

export const GROUPS: readonly { readonly id: GroupId; readonly title: string; readonly text: string }[] = [
  {
    id: 'general',
    title: 'General',
    text: 'Who the app is, and how much foretrace says. Its own lines go to stderr only, one line for each problem.',
  },
  {
    id: 'traces',
    title: 'Exporters and sampling',
    text: 'Where spans go and how many are kept. Several exporters may be named, separated by commas. `console` and `file` need no collector.',
  },
  {
    id: 'batch',
    title: 'Batching',
    text: 'Finished spans wait in a bounded queue that a thread of its own empties. When the queue is full, new spans are dropped and counted, and the app is never slowed down.',
  },
  {
    id: 'limits',
    title: 'Limits of one span',
    text: 'What exceeds a limit is dropped or cut, and counted in the span where OTLP has a field for it. The limits of attributes of spans, events and links fall back to `OTEL_ATTRIBUTE_*`.',
  },
  {
    id: 'otlp',
    title: 'OTLP exporter',
    text: 'Each setting exists twice: for all signals, and for traces alone (`_TRACES_`), which wins. That also holds for headers: the ones for traces replace the general ones, so that the key of one vendor never goes to another.',
  },
  {
    id: 'http',
    title: 'HTTP',
    text: 'Which methods are named as such, which headers are recorded (none by default), and which query parameters are masked. The spellings of the Java agent and of the Python instrumentations are read alike.',
  },
  {
    id: 'database',
    title: 'Databases',
    text: 'Literals in statements are replaced by `?` unless this is switched off.',
  },
  {
    id: 'instrumentations',
    title: 'Choice of libraries',
    text:
      'By default every supported library is traced. `OTEL_INSTRUMENTATION_<NAME>_ENABLED` decides for one library and wins over the lists, ' +
      'where `<NAME>` is the name in capitals with `_` for anything but letters and digits (`better-sqlite3`: `OTEL_INSTRUMENTATION_BETTER_SQLITE3_ENABLED`). ' +
      'A library in both lists is not traced. Names of the OpenTelemetry agent mean what they mean there: `express` is Express 4 and 5 (`router` ' +
      'switches the package of that name on, but not off), `koa` its routers too, `redis` all versions of node-redis. What only keeps the context of calls (pools, queues) is no choice of its own: ' +
      'it comes with any other library.',
  },
  {
    id: 'foretrace',
    title: 'Of foretrace alone',
    text: 'Settings that neither the OpenTelemetry specification nor another OpenTelemetry agent has a name for.',
  },
];

const CERTIFICATE =
  'A PEM file with the certificates of the authorities that the collector is checked against.';
const CLIENT_CERTIFICATE = 'A PEM file with the certificate chain that foretrace presents (mTLS).';
const CLIENT_KEY = 'A PEM file with the private key of the client certificate.';
const ENDPOINT_TIMEOUT = 'The longest time for one batch, retries included; 0 means no limit.';
const GRPC = 'gRPC is not spoken here; the collector takes HTTP on port 4318 (4317 is for gRPC)';

/**
 * Every variable that foretrace reads, in the order in which the documentation shows them.
 * A row comes after the one that it falls back to.
 */
export const VARIABLES = [
  {
    name: 'OTEL_SDK_DISABLED',
    group: 'general',
    type: 'boolean',
    default: false,
    help: '`true` leaves the app alone: no hook, no patch, no thread, and no propagators behind the API ([decision 016](decisions/016-switched-off.md)).',
  },
  {
    name: 'OTEL_LOG_LEVEL',
    group: 'general',
    type: 'enum',
    values: LOG_LEVELS,
    default: 'warn',
    help: 'The least severe messages of foretrace that are written to stderr.',
  },
  {
    name: 'OTEL_SERVICE_NAME',
    group: 'general',
    type: 'string',
    default: undefined,
    help: "The service's name. If unset: `service.name` of `OTEL_RESOURCE_ATTRIBUTES`, else the `name` in the nearest package.json of the app, else `unknown_service:node`.",
  },
  {
    name: 'OTEL_RESOURCE_ATTRIBUTES',
    group: 'general',
    type: 'pairs',
    default: undefined,
    help: 'Attributes of the resource, such as `deployment.environment.name=prod,service.version=1.2.3`. They win over what is detected.',
  },
  {
    name: 'OTEL_NODE_RESOURCE_DETECTORS',
    group: 'general',
    type: 'set',
    values: [...DETECTORS, ...CLOUDS, 'all', 'none'],
    default: ['all'],
    help:
      'What is found out for the resource: `host` (name, id, architecture), `os`, `process` (command line, owner, versions), `serviceinstance`, ' +
      '`container`. What the variables say is in the resource in any case. The names of clouds are accepted and find nothing yet.',
  },
  {
    name: 'OTEL_CONFIG_FILE',
    group: 'general',
    type: 'string',
    default: undefined,
    help: 'Not supported yet, which is worth one line: the variables hold.',
  },
  {
    name: 'OTEL_SEMCONV_STABILITY_OPT_IN',
    group: 'general',
    type: 'list',
    default: [],
    help: 'Only the stable conventions are emitted. A word that asks for the old ones beside them (`http/dup`, `database/dup`) is worth one line.',
  },
  {
    name: 'OTEL_PROPAGATORS',
    group: 'general',
    type: 'set',
    values: ['tracecontext', 'baggage', 'b3', 'b3multi', 'none'],
    default: ['tracecontext', 'baggage'],
    help: 'The headers in which trace context is read and written.',
  },

  {
    name: 'OTEL_TRACES_EXPORTER',
    group: 'traces',
    type: 'set',
    values: ['otlp', 'console', 'file', 'none'],
    synonyms: { logging: 'console' },
    default: ['otlp'],
    help: 'Where spans are sent; `console` is a tree on stderr. `logging` is read as `console`, as the Java agent does.',
  },
  {
    name: 'OTEL_TRACES_SAMPLER',
    group: 'traces',
    type: 'enum',
    values: [
      'always_on',
      'always_off',
      'traceidratio',
      'parentbased_always_on',
      'parentbased_always_off',
      'parentbased_traceidratio',
    ],
    default: 'parentbased_always_on',
    help: 'Which traces are kept. The `parentbased_` ones follow the decision of the caller, and `traceidratio` decides by a trace id that may be the caller’s: neither keeps out a stranger who wants to be sampled ([SECURITY.md](../SECURITY.md#threats-that-were-thought-of)).',
  },
  {
    name: 'OTEL_TRACES_SAMPLER_ARG',
    group: 'traces',
    type: 'ratio',
    default: 1,
    help: 'The share of traces that the `traceidratio` samplers keep, 0 to 1.',
  },
  {
    name: 'NO_COLOR',
    group: 'traces',
    type: 'string',
    default: undefined,
    help: 'With any value, the `console` exporter writes without colours; without one, it does so unless stderr is a terminal.',
  },

  {
    name: 'OTEL_BSP_SCHEDULE_DELAY',
    group: 'batch',
    type: 'duration',
    unit: 'ms',
    default: 5000,
    help: 'How long spans wait for a batch to fill up; 0 means as short as possible (1 ms).',
  },
  {
    name: 'OTEL_BSP_EXPORT_TIMEOUT',
    group: 'batch',
    type: 'timeout',
    unit: 'ms',
    default: 30_000,
    help: 'The longest time for handing a batch to an exporter; 0 means no limit.',
  },
  {
    name: 'OTEL_BSP_MAX_QUEUE_SIZE',
    group: 'batch',
    type: 'integer',
    min: 1,
    unit: 'spans',
    default: 8192,
    help: 'The most spans that wait; further ones are dropped. The specification has 2048, 0.1 s of a busy server.',
  },
  {
    name: 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE',
    group: 'batch',
    type: 'integer',
    min: 1,
    unit: 'spans',
    default: 2048,
    help: 'The most spans in one batch, at most the size of the queue. A full batch is sent at once.',
  },

  {
    name: 'OTEL_ATTRIBUTE_COUNT_LIMIT',
    group: 'limits',
    type: 'integer',
    min: 0,
    default: 128,
    help: 'The most attributes of a span, an event or a link.',
  },
  {
    name: 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT',
    group: 'limits',
    type: 'integer',
    min: 0,
    unit: 'characters',
    default: Infinity,
    help: 'The longest attribute value; longer ones are cut.',
  },
  {
    name: 'OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT',
    group: 'limits',
    type: 'integer',
    min: 0,
    fallback: 'OTEL_ATTRIBUTE_COUNT_LIMIT',
    default: 128,
    help: 'The most attributes of a span.',
  },
  {
    name: 'OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT',
    group: 'limits',
    type: 'integer',
    min: 0,
    unit: 'characters',
    fallback: 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT',
    default: Infinity,
    help: 'The longest attribute value of a span, its events and its links.',
  },
  {
    name: 'OTEL_SPAN_EVENT_COUNT_LIMIT',
    group: 'limits',
    type: 'integer',
    min: 0,
    default: 128,
    help: 'The most events of a span.',
  },
  {
    name: 'OTEL_SPAN_LINK_COUNT_LIMIT',
    group: 'limits',
    type: 'integer',
    min: 0,
    default: 128,
    help: 'The most links of a span.',
  },
  {
    name: 'OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT',
    aliases: ['OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT'],
    group: 'limits',
    type: 'integer',
    min: 0,
    fallback: 'OTEL_ATTRIBUTE_COUNT_LIMIT',
    default: 128,
    help: 'The most attributes of an event.',
  },
  {
    name: 'OTEL_LINK_ATTRIBUTE_COUNT_LIMIT',
    aliases: ['OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT'],
    group: 'limits',
    type: 'integer',
    min: 0,
    fallback: 'OTEL_ATTRIBUTE_COUNT_LIMIT',
    default: 128,
    help: 'The most attributes of a link.',
  },

  {
    name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    group: 'otlp',
    type: 'URL',
    default: 'http://localhost:4318',
    help: "The collector's base URL (http or https), to which `v1/traces` is appended.",
  },
  {
    name: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    group: 'otlp',
    type: 'URL',
    default: undefined,
    help: 'The URL that traces are sent to, used as it stands.',
  },
  {
    name: 'OTEL_EXPORTER_OTLP_HEADERS',
    group: 'otlp',
    type: 'headers',
    secret: true,
    default: undefined,
    help: 'Headers of each request, such as `api-key=abc,x-tenant=a%20b`. Never logged.',
  },
  {
    name: 'OTEL_EXPORTER_OTLP_TRACES_HEADERS',
    group: 'otlp',
    type: 'headers',
    secret: true,
    fallback: 'OTEL_EXPORTER_OTLP_HEADERS',
    default: undefined,
    help: 'The same for traces; replaces the general ones. Never logged.',
  },
  {
    name: 'OTEL_EXPORTER_OTLP_TIMEOUT',
    group: 'otlp',
    type: 'timeout',
    unit: 'ms',
    default: 10_000,
    help: ENDPOINT_TIMEOUT,
  },
  {
    name: 'OTEL_EXPORTER_OTLP_TRACES_TIMEOUT',
    group: 'otlp',
    type: 'timeout',
    unit: 'ms',
    fallback: 'OTEL_EXPORTER_OTLP_TIMEOUT',
    default: 10_000,
    help: 'The same for traces.',
  },
  {
    name: 'OTEL_EXPORTER_OTLP_COMPRESSION',
    group: 'otlp',
    type: 'enum',
    values: ['none', 'gzip'],
    default: 'none',
    help: 'Whether requests are compressed (on the export thread, not on the thread of the app).',
  },
  {
    name: 'OTEL_EXPORTER_OTLP_TRACES_COMPRESSION',
    group: 'otlp',
    type: 'enum',
    values: ['none', 'gzip'],
    fallback: 'OTEL_EXPORTER_OTLP_COMPRESSION',
    default: 'none',
    help: 'The same for traces.',
  },
  {
    name: 'OTEL_EXPORTER_OTLP_PROTOCOL',
    group: 'otlp',
    type: 'enum',
    values: ['http/protobuf', 'http/json'],
    unsupported: { grpc: GRPC },
    default: 'http/protobuf',
    help: 'The encoding. `grpc` is not supported: one warning, then `http/protobuf` is used.',
  },
  {
    name: 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL',
    group: 'otlp',
    type: 'enum',
    values: ['http/protobuf', 'http/json'],
    unsupported: { grpc: GRPC },
    fallback: 'OTEL_EXPORTER_OTLP_PROTOCOL',
    default: 'http/protobuf',
    help: 'The same for traces.',
  },
  {
    name: 'OTEL_EXPORTER_OTLP_CERTIFICATE',
    group: 'otlp',
    type: 'path',
    default: undefined,
    help: CERTIFICATE,
  },
  {
    name: 'OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE',
    group: 'otlp',
    type: 'path',
    fallback: 'OTEL_EXPORTER_OTLP_CERTIFICATE',
    default: undefined,
    help: 'The same for traces.',
  },
  {
    name: 'OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE',
    group: 'otlp',
    type: 'path',
    default: undefined,
    help: CLIENT_CERTIFICATE,
  },
  {
    name: 'OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE',
    group: 'otlp',
    type: 'path',
    fallback: 'OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE',
    default: undefined,
    help: 'The same for traces.',
  },
  {
    name: 'OTEL_EXPORTER_OTLP_CLIENT_KEY',
    group: 'otlp',
    type: 'path',
    default: undefined,
    help: CLIENT_KEY,
  },
  {
    name: 'OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY',
    group: 'otlp',
    type: 'path',
    fallback: 'OTEL_EXPORTER_OTLP_CLIENT_KEY',
    default: undefined,
    help: 'The same for traces.',
  },
  {
    name: 'OTEL_EXPORTER_OTLP_INSECURE',
    group: 'otlp',
    type: 'boolean',
    default: undefined,
    help: 'Of gRPC alone, so without effect: `http:` or `https:` of the endpoint decides. Set to `true`, it is worth one line.',
  },
  {
    name: 'OTEL_EXPORTER_OTLP_TRACES_INSECURE',
    group: 'otlp',
    type: 'boolean',
    default: undefined,
    help: 'The same for traces.',
  },

  {
    name: 'OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS',
    group: 'http',
    type: 'list',
    default: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'QUERY'],
    help: 'The request methods that are recorded by name, case-sensitive; others are `_OTHER`. Replaces the whole list.',
  },
  {
    name: 'OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS',
    aliases: ['OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST'],
    group: 'http',
    type: 'header names',
    default: [],
    help: 'Headers of incoming requests to record. Names, no patterns.',
  },
  {
    name: 'OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_RESPONSE_HEADERS',
    aliases: ['OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE'],
    group: 'http',
    type: 'header names',
    default: [],
    help: 'Headers of the responses that the app gives.',
  },
  {
    name: 'OTEL_INSTRUMENTATION_HTTP_CLIENT_CAPTURE_REQUEST_HEADERS',
    aliases: ['OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST'],
    group: 'http',
    type: 'header names',
    default: [],
    help: 'Headers of outgoing requests.',
  },
  {
    name: 'OTEL_INSTRUMENTATION_HTTP_CLIENT_CAPTURE_RESPONSE_HEADERS',
    aliases: ['OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_RESPONSE'],
    group: 'http',
    type: 'header names',
    default: [],
    help: 'Headers of the responses that the app receives.',
  },
  {
    name: 'OTEL_INSTRUMENTATION_SANITIZATION_URL_EXPERIMENTAL_SENSITIVE_QUERY_PARAMETERS',
    group: 'http',
    type: 'list',
    default: [
      'X-Amz-Signature',
      'X-Amz-Credential',
      'X-Amz-Security-Token',
      'AWSAccessKeyId',
      'Signature',
      'sig',
      'X-Goog-Signature',
      ...SECRET_NAMES,
    ],
    help: 'Query parameters whose values are recorded as `REDACTED`. Replaces the whole list. Names of the list are known in any case from `password` on, all others as they are written. Tokens are replaced by their looks, whatever the list.',
  },

  {
    name: 'OTEL_INSTRUMENTATION_COMMON_DB_QUERY_SANITIZATION_ENABLED',
    aliases: ['OTEL_INSTRUMENTATION_COMMON_DB_STATEMENT_SANITIZER_ENABLED'],
    group: 'database',
    type: 'boolean',
    default: true,
    help: '`false` records statements as they are, with every literal in them.',
  },

  {
    name: 'OTEL_NODE_ENABLED_INSTRUMENTATIONS',
    group: 'instrumentations',
    type: 'list',
    default: undefined,
    help: 'Only these libraries are traced, such as `http,express,pg`.',
  },
  {
    name: 'OTEL_NODE_DISABLED_INSTRUMENTATIONS',
    group: 'instrumentations',
    type: 'list',
    default: [],
    help: 'These libraries are not traced.',
  },
  {
    name: 'OTEL_INSTRUMENTATION_COMMON_DEFAULT_ENABLED',
    group: 'instrumentations',
    type: 'boolean',
    default: true,
    help: '`false` leaves out every library that is not enabled by name.',
  },

  {
    name: 'FORETRACE_BAGGAGE_LENGTH_LIMIT',
    group: 'foretrace',
    type: 'integer',
    min: 0,
    max: 8192,
    unit: 'characters',
    default: 3072,
    help: 'The most baggage that goes out with one request; what is longer loses whole entries. The app sees up to 8192 characters of what came in.',
  },
  {
    name: 'FORETRACE_DB_QUERY_SANITIZATION',
    group: 'foretrace',
    type: 'enum',
    values: ['all', 'unparameterized'],
    default: 'all',
    help: '`unparameterized` records statements that have parameters as they are, as the semantic conventions do: their literals are taken to be those of the source code.',
  },
  {
    name: 'FORETRACE_EXIT_TIMEOUT',
    group: 'foretrace',
    type: 'duration',
    min: 0,
    unit: 'ms',
    default: 1000,
    help: 'How long the end of the process may be delayed to send what is queued. Nothing queued, no delay.',
  },
  {
    name: 'FORETRACE_EXPORT_THREAD',
    group: 'foretrace',
    type: 'enum',
    values: ['on', 'off'],
    default: 'on',
    help: '`off` exports on the thread of the app: less memory, but the app pays for the sending.',
  },
  {
    name: 'FORETRACE_FILE',
    group: 'foretrace',
    type: 'path',
    default: 'foretrace-traces.jsonl',
    help: 'Where the `file` exporter appends OTLP JSON lines, relative to the working directory.',
  },
  {
    name: 'FORETRACE_FOLD_SPANS',
    group: 'foretrace',
    type: 'enum',
    values: ['on', 'off'],
    default: 'on',
    help: '`off` keeps spans that the app’s framework makes itself of requests and calls that are traced anyway ([living beside others](beside-others.md)).',
  },
  {
    name: 'FORETRACE_MAX_QUEUE_BYTES',
    group: 'foretrace',
    type: 'integer',
    min: 65_536,
    max: 255 * 1024 * 1024,
    unit: 'bytes',
    default: 32 * 1024 * 1024,
    help: 'The most bytes of spans that wait, for each thread of the app that has some; further spans are dropped. Memory is used only as it is needed.',
  },
  {
    name: 'FORETRACE_ROOT_CLIENT_SPANS',
    group: 'foretrace',
    type: 'list',
    default: ['on'],
    help: 'Whether calls that an app makes outside of any span (at its start, in timers, while a worker idles) start traces of their own: `on`, `off`, or the libraries whose calls do, such as `pg,http`. Reads that wait for work, such as `BLPOP`, never do.',
  },
  {
    name: 'FORETRACE_LOADER',
    group: 'foretrace',
    type: 'enum',
    values: ['auto', 'off'],
    default: 'auto',
    help: '`off` leaves out the hooks for ES modules; what is loaded by `require` is still traced.',
  },
] as const satisfies readonly Variable[];

type Row = (typeof VARIABLES)[number];

/** The type that a row's text is read to, by its `type`. */
type ValueOf<R extends Variable> = R extends { type: 'boolean' }
  ? boolean
  : R extends { type: 'integer' | 'duration' | 'timeout' | 'ratio' }
    ? number
    : R extends { type: 'enum'; values: readonly (infer V)[] }
      ? V
      : R extends { type: 'set'; values: readonly (infer V)[] }
        ? readonly Exclude<V, 'none'>[]
        : R extends { type: 'list' | 'header names' }
          ? readonly string[] | Extract<R['default'], undefined>
          : R extends { type: 'pairs' | 'headers' }
            ? Readonly<Record<string, string>> | undefined
            : R extends { default: string }
              ? string
              : string | undefined;

/** The value of every row, by its name. */
export type Values = { readonly [R in Row as R['name']]: ValueOf<R> };
