import type { Group } from '../variable.ts';

export const PRIVACY = {
  title: 'Privacy',
  text: 'What is taken out of spans before they leave the process, beyond what never is in them: [privacy](privacy.md) has all of it, with examples.',
  rows: [
    {
      name: 'OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS',
      to: 'http.sanitizedHeaders',
      type: 'header names',
      default: [],
      help: 'Further headers whose values are recorded as `[REDACTED]` if they are captured. Names; `.*` in one stands for any characters.',
    },
    {
      name: 'FORETRACE_QUERY_PARAMETERS',
      to: 'http.queryParameters',
      type: 'enum',
      values: ['keep', 'redact', 'drop'],
      default: 'keep',
      help: '`redact` records the names of query parameters with `REDACTED` as the value of each, `drop` records URLs without their queries.',
    },
    {
      name: 'FORETRACE_MASK',
      to: 'mask.kinds',
      type: 'set',
      values: ['email', 'phone', 'card', 'token', 'jwt', 'iban', 'none'],
      default: [],
      help: 'What is replaced by its kind, such as `[email]`, wherever it stands in names, attributes, events, links and status messages; on the export thread.',
    },
    {
      name: 'FORETRACE_MASK_PATTERNS',
      to: 'mask.expressions',
      type: 'expressions',
      default: [],
      help: 'Regular expressions between slashes, in the syntax of RE2, such as `/EMP-\\d{6}/, customer=/kd-[a-z]+/i`. A match is replaced by `[REDACTED]`, or by the name in brackets.',
    },
  ],
} as const satisfies Group;
