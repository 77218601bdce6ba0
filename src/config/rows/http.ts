import { SECRET_NAMES } from '../../redact/secrets.ts';
import type { Group } from '../variable.ts';

export const HTTP = {
  title: 'HTTP',
  text: 'Which methods are named as such, which headers are recorded (none by default), and which query parameters are masked. The spellings of the Java agent and of the Python instrumentations are read alike.',
  rows: [
    {
      name: 'OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS',
      to: 'http.knownMethods',
      type: 'list',
      default: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'QUERY'],
      help: 'The request methods that are recorded by name, case-sensitive; others are `_OTHER`. Replaces the whole list.',
    },
    {
      name: 'OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS',
      aliases: ['OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST'],
      to: 'http.serverRequestHeaders',
      type: 'header names',
      default: [],
      help: 'Headers of incoming requests to record. Names; `.*` in one stands for any characters: `x-.*`, `.*`.',
    },
    {
      name: 'OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_RESPONSE_HEADERS',
      aliases: ['OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE'],
      to: 'http.serverResponseHeaders',
      type: 'header names',
      default: [],
      help: 'Headers of the responses that the app gives.',
    },
    {
      name: 'OTEL_INSTRUMENTATION_HTTP_CLIENT_CAPTURE_REQUEST_HEADERS',
      aliases: ['OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST'],
      to: 'http.clientRequestHeaders',
      type: 'header names',
      default: [],
      help: 'Headers of outgoing requests.',
    },
    {
      name: 'OTEL_INSTRUMENTATION_HTTP_CLIENT_CAPTURE_RESPONSE_HEADERS',
      aliases: ['OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_RESPONSE'],
      to: 'http.clientResponseHeaders',
      type: 'header names',
      default: [],
      help: 'Headers of the responses that the app receives.',
    },
    {
      name: 'OTEL_INSTRUMENTATION_SANITIZATION_URL_EXPERIMENTAL_SENSITIVE_QUERY_PARAMETERS',
      to: 'http.sensitiveQueryParameters',
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
  ],
} as const satisfies Group;
