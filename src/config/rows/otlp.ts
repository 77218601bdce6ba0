import { SIGNALS, withSignals } from '../signals.ts';
import type { Group } from '../variable.ts';

type Earlier = Readonly<Record<string, unknown>>;

const PREFIX = 'OTEL_EXPORTER_OTLP_';
const ENDPOINT = 'OTEL_EXPORTER_OTLP_ENDPOINT';
const INSECURE = 'OTEL_EXPORTER_OTLP_INSECURE';
const GRPC_ENDPOINT = 'http://localhost:4317';

function ownName(signal: string, setting: string): string {
  return `${PREFIX}${signal.toUpperCase()}_${setting}`;
}

function speaksGrpc(earlier: Earlier): boolean {
  return SIGNALS.some((signal) => earlier[ownName(signal, 'PROTOCOL')] === 'grpc');
}

/** `host:port`, which is an endpoint where gRPC is spoken. */
function bare(text: string, earlier: Earlier, insecure: string): string | undefined {
  if (!speaksGrpc(earlier) || !/^([\w.-]+|\[[\da-f:.]+\])(:\d{1,5})?$/i.test(text)) return undefined;
  const url = `${earlier[insecure] === true ? 'http' : 'https'}://${text}`;
  return URL.canParse(url) ? url : undefined;
}

export const OTLP = {
  title: 'OTLP exporter',
  text: 'Each setting exists for all signals, and for one signal alone (`_TRACES_`, `_METRICS_`, `_LOGS_`), which wins. That also holds for headers: the ones for a signal replace the general ones, so that the key of one vendor never goes to another.',
  rows: withSignals([
    {
      name: 'OTEL_EXPORTER_OTLP_PROTOCOL',
      each: 'protocol',
      type: 'enum',
      values: ['http/protobuf', 'http/json', 'grpc'],
      default: 'http/protobuf',
      help: 'How it is sent. `grpc` is a file of its own that is loaded for who asks for it ([gRPC](export.md#grpc)).',
    },
    {
      name: 'OTEL_EXPORTER_OTLP_INSECURE',
      type: 'boolean',
      default: false,
      remark: (insecure: boolean, earlier: Earlier) =>
        insecure && !speaksGrpc(earlier)
          ? '="true" is of gRPC alone, it is ignored: an endpoint that begins with http:// is not encrypted'
          : undefined,
      help: 'Of gRPC alone: whether an endpoint without `http:` or `https:` is one without encryption.',
    },
    {
      name: ENDPOINT,
      each: 'url',
      type: 'URL',
      default: 'http://localhost:4318',
      also: (text: string, earlier: Earlier) => bare(text, earlier, INSECURE),
      instead: (earlier: Earlier) => (speaksGrpc(earlier) ? 'localhost is used' : undefined),
      help: "The collector's base URL (http or https), to which `v1/traces` is appended. With gRPC `http://localhost:4317`, nothing is appended, and `host:port` will do.",
      own: (signal) => ({
        append: `v1/${signal}`,
        as: (url: string, earlier: Earlier, set: ReadonlySet<string>): string => {
          const own = ownName(signal, 'ENDPOINT');
          if (earlier[ownName(signal, 'PROTOCOL')] !== 'grpc' || set.has(own)) return url;
          return set.has(ENDPOINT) ? (earlier[ENDPOINT] as string) : GRPC_ENDPOINT;
        },
        also: (text: string, earlier: Earlier) => bare(text, earlier, ownName(signal, 'INSECURE')),
        instead: undefined,
        help: `The URL that ${signal} are sent to, used as it stands.`,
      }),
    },
    {
      name: 'OTEL_EXPORTER_OTLP_HEADERS',
      each: 'headers',
      type: 'headers',
      secret: true,
      default: {},
      help: 'Headers of each request, such as `api-key=abc,x-tenant=a%20b`. Never logged.',
      own: (signal) => ({ help: `The same for ${signal}; replaces the general ones. Never logged.` }),
    },
    {
      name: 'OTEL_EXPORTER_OTLP_TIMEOUT',
      each: 'timeoutMs',
      type: 'timeout',
      unit: 'ms',
      default: 10_000,
      help: 'The longest time for one batch, retries included; 0 means no limit.',
    },
    {
      name: 'OTEL_EXPORTER_OTLP_COMPRESSION',
      each: 'compression',
      type: 'enum',
      values: ['none', 'gzip'],
      default: 'none',
      help: 'Whether requests are compressed (on the export thread, not on the thread of the app).',
    },
    {
      name: 'OTEL_EXPORTER_OTLP_CERTIFICATE',
      each: 'certificateFile',
      type: 'path',
      default: undefined,
      help: 'A PEM file with the certificates of the authorities that the collector is checked against.',
    },
    {
      name: 'OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE',
      each: 'clientCertificateFile',
      type: 'path',
      default: undefined,
      help: 'A PEM file with the certificate chain that foretrace presents (mTLS).',
    },
    {
      name: 'OTEL_EXPORTER_OTLP_CLIENT_KEY',
      each: 'clientKeyFile',
      type: 'path',
      default: undefined,
      help: 'A PEM file with the private key of the client certificate.',
    },
  ]),
} as const satisfies Group;
