import type { LogLevel } from '../log.ts';
import { closest } from './distance.ts';
import { instrumentationVariable, type InstrumentationChoice } from './instrumentations.ts';
import { parse, shown } from './parse.ts';
import { DETECTORS, VARIABLES, type Values, type Variable } from './table.ts';

export type Propagator = Values['OTEL_PROPAGATORS'][number];
export type ExporterName = Values['OTEL_TRACES_EXPORTER'][number];
export type SamplerName = Values['OTEL_TRACES_SAMPLER'];

/** Limits of one span. Numbers of items, except for the lengths; `Infinity` means no limit. */
export interface SpanLimits {
  readonly attributeCount: number;
  /** In UTF-16 units, as `String.prototype.length`. */
  readonly attributeValueLength: number;
  readonly eventCount: number;
  readonly linkCount: number;
  readonly attributePerEventCount: number;
  readonly attributePerLinkCount: number;
}

export interface BatchConfig {
  readonly scheduleDelayMs: number;
  /** `OTEL_BSP_EXPORT_TIMEOUT`; no limit is 2147483647. */
  readonly exportTimeoutMs: number;
  readonly maxQueueSize: number;
  /** `FORETRACE_MAX_QUEUE_BYTES` */
  readonly maxQueueBytes: number;
  /** Never above `maxQueueSize`. */
  readonly maxExportBatchSize: number;
}

export interface OtlpConfig {
  /** The final URL for traces. */
  readonly url: string;
  /** Names in lower case. Secret. */
  readonly headers: Readonly<Record<string, string>>;
  /** `OTEL_EXPORTER_OTLP_TIMEOUT`; no limit is 2147483647. */
  readonly timeoutMs: number;
  readonly compression: 'none' | 'gzip';
  readonly protocol: 'http/protobuf' | 'http/json';
  readonly certificateFile: string | undefined;
  readonly clientCertificateFile: string | undefined;
  readonly clientKeyFile: string | undefined;
}

export interface HttpConfig {
  /** Case-sensitive. */
  readonly knownMethods: readonly string[];
  /** Names of headers to record, in lower case. */
  readonly serverRequestHeaders: readonly string[];
  readonly serverResponseHeaders: readonly string[];
  readonly clientRequestHeaders: readonly string[];
  readonly clientResponseHeaders: readonly string[];
  /** Case-sensitive. */
  readonly sensitiveQueryParameters: readonly string[];
}

/** All that the environment says, as plain data: it can be posted to another thread. */
export interface Config {
  /** `OTEL_SDK_DISABLED` */
  readonly disabled: boolean;
  readonly logLevel: LogLevel;
  /** `OTEL_SERVICE_NAME` alone; `service.name` may also come from `resourceAttributes`. */
  readonly serviceName: string | undefined;
  readonly resourceAttributes: Readonly<Record<string, string>>;
  /** `OTEL_NODE_RESOURCE_DETECTORS`, without `all` and `none`. */
  readonly resourceDetectors: readonly string[];
  readonly propagators: readonly Propagator[];
  /** `FORETRACE_BAGGAGE_LENGTH_LIMIT` */
  readonly maxBaggage: number;
  /** Empty for `none`. */
  readonly exporters: readonly ExporterName[];
  readonly sampler: { readonly name: SamplerName; readonly ratio: number };
  readonly batch: BatchConfig;
  readonly limits: SpanLimits;
  readonly otlp: OtlpConfig;
  /** The path as written: the reader resolves it before the app can change its working directory. */
  readonly file: { readonly path: string };
  /** `color` is `false` for `NO_COLOR`, and else left to the terminal. */
  readonly console: { readonly color: false | undefined };
  readonly http: HttpConfig;
  readonly database: { readonly sanitizeQueries: boolean; readonly keepsParameterized: boolean };
  readonly instrumentations: InstrumentationChoice;
  /** `FORETRACE_EXIT_TIMEOUT`; 0 means that the exit is never delayed. */
  readonly exitTimeoutMs: number;
  /** `FORETRACE_EXPORT_THREAD` */
  readonly thread: boolean;
  /** `FORETRACE_FOLD_SPANS` */
  readonly foldSpans: boolean;
  /** `FORETRACE_ROOT_CLIENT_SPANS`; or the names of libraries. */
  readonly rootClientSpans: boolean | readonly string[];
  /** `FORETRACE_LOADER` is not `off`. */
  readonly esmHooks: boolean;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const KNOWN = new Set<string>();
for (const row of VARIABLES as readonly Variable[]) {
  KNOWN.add(row.name);
  for (const alias of row.aliases ?? []) KNOWN.add(alias);
}

/** Variables of the specification that foretrace has no use for and that look like a misspelling of one of its own. */
const NO_TYPO = /^OTEL_BLRP_/;

/**
 * Reads the configuration. Pure: the same environment gives the same result, nothing is logged and nothing thrown.
 * `warnings` has at most one line for each variable; the values of secret ones are never in it.
 */
export function readConfig(env: Environment): { config: Config; warnings: string[] } {
  const texts: Record<string, string> = Object.create(null);
  const unread: string[] = [];
  // One pass over the names: each look-up in process.env is a call into Node, and most rows are unset.
  for (const name of Object.keys(env)) {
    if (!name.startsWith('OTEL_') && !name.startsWith('FORETRACE_') && !KNOWN.has(name)) continue;
    const text = env[name]?.trim();
    if (text === undefined || text === '') continue;
    texts[name] = text;
    if (!KNOWN.has(name)) unread.push(name);
  }

  const warnings: string[] = [];
  const values: Record<string, unknown> = {};
  const setRows = new Set<string>();
  for (const row of VARIABLES as readonly Variable[]) {
    let value: unknown = row.fallback === undefined ? row.default : values[row.fallback];
    const name = setName(row, texts);
    if (name !== undefined) {
      const parsed = parse(row, texts[name]);
      if (parsed.problem !== undefined) {
        const what = row.secret ? name : `${name}=${shown(texts[name], row)}`;
        const instead = parsed.value === undefined ? inUse(row, value) : 'that part is ignored';
        warnings.push(`${what} ${parsed.problem}, ${instead}`);
      } else if (parsed.value !== undefined) {
        setRows.add(row.name);
      }
      if (parsed.value !== undefined) value = parsed.value;
    }
    values[row.name] = value;
  }

  const byName: Record<string, boolean> = Object.create(null);
  for (const name of unread) {
    const meant = NO_TYPO.test(name) ? undefined : closest(name, KNOWN, 2);
    if (meant !== undefined) {
      warnings.push(`${name} is unknown, did you mean ${meant}? It is ignored`);
      continue;
    }
    const library = instrumentationVariable(name);
    if (library === undefined) continue;
    const lower = texts[name].toLowerCase();
    if (lower === 'true' || lower === 'false') byName[library] = lower === 'true';
    else warnings.push(`${name}=${shown(texts[name])} is neither true nor false, it is ignored`);
  }

  return { config: assemble(values as Values, byName, setRows, warnings), warnings };
}

function setName(row: Variable, texts: Readonly<Record<string, string>>): string | undefined {
  if (texts[row.name] !== undefined) return row.name;
  return row.aliases?.find((alias) => texts[alias] !== undefined);
}

/** The end of a warning: what holds instead of an invalid value. */
function inUse(row: Variable, value: unknown): string {
  if (row.secret || value === undefined || (typeof value === 'object' && !Array.isArray(value))) {
    return 'it is ignored';
  }
  if (Array.isArray(value)) return value.length === 0 ? 'it is ignored' : `${value.join(',')} is used`;
  if (value === Infinity) return 'no limit is used';
  return `${String(value)}${row.unit === undefined ? '' : ` ${row.unit}`} is used`;
}

function assemble(
  v: Values,
  byName: Readonly<Record<string, boolean>>,
  setRows: ReadonlySet<string>,
  warnings: string[],
): Config {
  if (setRows.has('OTEL_TRACES_SAMPLER_ARG') && !v.OTEL_TRACES_SAMPLER.endsWith('traceidratio')) {
    warnings.push(
      `OTEL_TRACES_SAMPLER_ARG="${v.OTEL_TRACES_SAMPLER_ARG}" says nothing to the sampler ${v.OTEL_TRACES_SAMPLER}, it is ignored`,
    );
  }
  for (const name of ['OTEL_EXPORTER_OTLP_INSECURE', 'OTEL_EXPORTER_OTLP_TRACES_INSECURE'] as const) {
    if (v[name] === true) {
      warnings.push(
        `${name}="true" is of gRPC alone, it is ignored: an endpoint that begins with http:// is not encrypted`,
      );
    }
  }
  if (v.OTEL_CONFIG_FILE !== undefined) {
    warnings.push('OTEL_CONFIG_FILE is not supported yet, it is ignored: the environment variables hold');
  }
  const doubled = v.OTEL_SEMCONV_STABILITY_OPT_IN.filter((word) => word.endsWith('/dup'));
  if (doubled.length > 0) {
    warnings.push(
      `OTEL_SEMCONV_STABILITY_OPT_IN has ${doubled.join(', ')}, but only the stable conventions are emitted`,
    );
  }
  return {
    disabled: v.OTEL_SDK_DISABLED,
    logLevel: v.OTEL_LOG_LEVEL,
    serviceName: v.OTEL_SERVICE_NAME,
    resourceAttributes: v.OTEL_RESOURCE_ATTRIBUTES ?? {},
    resourceDetectors: v.OTEL_NODE_RESOURCE_DETECTORS.includes('all')
      ? DETECTORS
      : v.OTEL_NODE_RESOURCE_DETECTORS,
    propagators: v.OTEL_PROPAGATORS,
    maxBaggage: v.FORETRACE_BAGGAGE_LENGTH_LIMIT,
    exporters: v.OTEL_TRACES_EXPORTER,
    sampler: { name: v.OTEL_TRACES_SAMPLER, ratio: v.OTEL_TRACES_SAMPLER_ARG },
    batch: {
      scheduleDelayMs: Math.max(v.OTEL_BSP_SCHEDULE_DELAY, 1),
      exportTimeoutMs: v.OTEL_BSP_EXPORT_TIMEOUT,
      maxQueueSize: v.OTEL_BSP_MAX_QUEUE_SIZE,
      maxQueueBytes: v.FORETRACE_MAX_QUEUE_BYTES,
      maxExportBatchSize: batchSize(v, setRows, warnings),
    },
    limits: {
      attributeCount: v.OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT,
      attributeValueLength: v.OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT,
      eventCount: v.OTEL_SPAN_EVENT_COUNT_LIMIT,
      linkCount: v.OTEL_SPAN_LINK_COUNT_LIMIT,
      attributePerEventCount: v.OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT,
      attributePerLinkCount: v.OTEL_LINK_ATTRIBUTE_COUNT_LIMIT,
    },
    otlp: {
      url: v.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? tracesUrl(v.OTEL_EXPORTER_OTLP_ENDPOINT),
      headers: v.OTEL_EXPORTER_OTLP_TRACES_HEADERS ?? {},
      timeoutMs: v.OTEL_EXPORTER_OTLP_TRACES_TIMEOUT,
      compression: v.OTEL_EXPORTER_OTLP_TRACES_COMPRESSION,
      protocol: v.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL,
      certificateFile: v.OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE,
      clientCertificateFile: v.OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE,
      clientKeyFile: v.OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY,
    },
    file: { path: v.FORETRACE_FILE },
    console: { color: v.NO_COLOR === undefined ? undefined : false },
    http: {
      knownMethods: v.OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS,
      serverRequestHeaders: v.OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS,
      serverResponseHeaders: v.OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_RESPONSE_HEADERS,
      clientRequestHeaders: v.OTEL_INSTRUMENTATION_HTTP_CLIENT_CAPTURE_REQUEST_HEADERS,
      clientResponseHeaders: v.OTEL_INSTRUMENTATION_HTTP_CLIENT_CAPTURE_RESPONSE_HEADERS,
      sensitiveQueryParameters:
        v.OTEL_INSTRUMENTATION_SANITIZATION_URL_EXPERIMENTAL_SENSITIVE_QUERY_PARAMETERS,
    },
    database: {
      sanitizeQueries: v.OTEL_INSTRUMENTATION_COMMON_DB_QUERY_SANITIZATION_ENABLED,
      keepsParameterized: v.FORETRACE_DB_QUERY_SANITIZATION === 'unparameterized',
    },
    instrumentations: {
      defaultEnabled: v.OTEL_INSTRUMENTATION_COMMON_DEFAULT_ENABLED,
      enabled: v.OTEL_NODE_ENABLED_INSTRUMENTATIONS,
      disabled: v.OTEL_NODE_DISABLED_INSTRUMENTATIONS,
      byName,
    },
    exitTimeoutMs: v.FORETRACE_EXIT_TIMEOUT,
    thread: v.FORETRACE_EXPORT_THREAD === 'on',
    foldSpans: v.FORETRACE_FOLD_SPANS === 'on',
    rootClientSpans: onOffOr(v.FORETRACE_ROOT_CLIENT_SPANS),
    esmHooks: v.FORETRACE_LOADER === 'auto',
  };
}

/** A list of names, or one of two words in place of them. */
function onOffOr(list: readonly string[]): boolean | readonly string[] {
  const [first] = list;
  const word = list.length === 1 ? first.toLowerCase() : undefined;
  return word === 'on' ? true : word === 'off' ? false : list;
}

/** A batch never exceeds the queue. That is worth a word only to someone who asked for the batch. */
function batchSize(v: Values, setRows: ReadonlySet<string>, warnings: string[]): number {
  const name = 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE';
  const batch = v[name];
  const queue = v.OTEL_BSP_MAX_QUEUE_SIZE;
  if (batch <= queue) return batch;
  if (setRows.has(name)) {
    warnings.push(`${name}="${batch}" is above OTEL_BSP_MAX_QUEUE_SIZE, ${queue} spans is used`);
  }
  return queue;
}

/** `v1/traces` below the base URL, whose path and query are kept. */
function tracesUrl(base: string): string {
  const url = new URL(base);
  url.pathname += url.pathname.endsWith('/') ? 'v1/traces' : '/v1/traces';
  return url.href;
}
