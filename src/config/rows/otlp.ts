import { withSignals } from '../signals.ts';
import type { Group } from '../variable.ts';

const GRPC = 'gRPC is not spoken here; the collector takes HTTP on port 4318 (4317 is for gRPC)';

export const OTLP = {
  title: 'OTLP exporter',
  text: 'Each setting exists twice: for all signals, and for traces alone (`_TRACES_`), which wins. That also holds for headers: the ones for traces replace the general ones, so that the key of one vendor never goes to another.',
  rows: withSignals([
    {
      name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
      each: 'url',
      type: 'URL',
      default: 'http://localhost:4318',
      help: "The collector's base URL (http or https), to which `v1/traces` is appended.",
      own: (signal) => ({
        append: `v1/${signal}`,
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
      name: 'OTEL_EXPORTER_OTLP_PROTOCOL',
      each: 'protocol',
      type: 'enum',
      values: ['http/protobuf', 'http/json'],
      unsupported: { grpc: GRPC },
      default: 'http/protobuf',
      help: 'The encoding. `grpc` is not supported: one warning, then `http/protobuf` is used.',
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
    {
      name: 'OTEL_EXPORTER_OTLP_INSECURE',
      type: 'boolean',
      default: undefined,
      remark: (insecure: boolean) =>
        insecure
          ? '="true" is of gRPC alone, it is ignored: an endpoint that begins with http:// is not encrypted'
          : undefined,
      help: 'Of gRPC alone, so without effect: `http:` or `https:` of the endpoint decides. Set to `true`, it is worth one line.',
      // A value that goes nowhere holds for nobody else.
      own: () => ({ fallback: undefined }),
    },
  ]),
} as const satisfies Group;
