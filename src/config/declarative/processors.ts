import { fileURLToPath } from 'node:url';
import {
  entriesOf,
  type Keys,
  isAbsent,
  itemsOf,
  kindOf,
  pair,
  set,
  translateKeys,
  type Translation,
  unsupported,
} from './translation.ts';

const BATCH: Keys = {
  schedule_delay: 'OTEL_BSP_SCHEDULE_DELAY',
  export_timeout: 'OTEL_BSP_EXPORT_TIMEOUT',
  max_queue_size: 'OTEL_BSP_MAX_QUEUE_SIZE',
  max_export_batch_size: 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE',
};

const OTLP = 'OTEL_EXPORTER_OTLP_TRACES_';
const ENCODINGS: Readonly<Record<string, string>> = { protobuf: 'http/protobuf', json: 'http/json' };

const OTLP_HTTP: Keys = {
  endpoint: `${OTLP}ENDPOINT`,
  tls: {
    ca_file: `${OTLP}CERTIFICATE`,
    key_file: `${OTLP}CLIENT_KEY`,
    cert_file: `${OTLP}CLIENT_CERTIFICATE`,
  },
  compression: `${OTLP}COMPRESSION`,
  timeout: `${OTLP}TIMEOUT`,
  encoding: (value, path, to) => set(`${OTLP}PROTOCOL`, ENCODINGS[String(value)] ?? value, path, to),
  headers: addHeaders,
  headers_list: addHeaders,
  max_request_size: unsupported('batches have a bound of their own'),
  max_response_size: unsupported('answers have a bound of their own'),
};

/**
 * `tracer_provider.processors`: there is one queue with one setting of batches, behind which are the exporters that are named.
 */
export function translateProcessors(value: unknown, path: string, to: Translation): void {
  const exporters = new Set<string>();
  let batch: string | undefined;
  for (const [item, at] of itemsOf(value, path, to)) {
    const found = kindOf(item, at, to);
    if (found === undefined) continue;
    const { kind, path: below } = found;
    if (kind !== 'batch' && kind !== 'simple') {
      to.unknown.push(below);
      continue;
    }
    const { exporter, ...settings } = Object.fromEntries(entriesOf(found.value, below, to));
    if (kind === 'simple') translateKeys(settings, below, {}, to);
    else if (batch === undefined) {
      batch = below;
      translateKeys(settings, below, BATCH, to);
    } else {
      const instead = unsupported(`those of ${batch} hold for all exporters`);
      translateKeys(settings, below, Object.fromEntries(Object.keys(BATCH).map((key) => [key, instead])), to);
    }
    const name = translateExporter(exporter, `${below}.exporter`, exporters, to);
    if (name !== undefined) exporters.add(name);
  }
  // Spans are never sent one by one; at once is the closest to it.
  if (batch === undefined) set('OTEL_BSP_SCHEDULE_DELAY', 0, path, to);
  set('OTEL_TRACES_EXPORTER', exporters.size === 0 ? 'none' : [...exporters].join(','), path, to);
  // Spans that go nowhere would only break the traces of others.
  if (exporters.size === 0) set('FORETRACE_TRACING', 'off', path, to);
}

function translateExporter(
  value: unknown,
  at: string,
  others: ReadonlySet<string>,
  to: Translation,
): string | undefined {
  const found = kindOf(value, at, to);
  if (found === undefined) return undefined;
  const { path } = found;
  switch (found.kind) {
    case 'otlp_http':
      if (others.has('otlp')) {
        to.unsupported.push(`${path} (spans go to the first otlp_http alone)`);
        return undefined;
      }
      translateKeys(found.value, path, OTLP_HTTP, to);
      return 'otlp';
    case 'console':
      translateKeys(found.value, path, {}, to);
      return 'console';
    case 'otlp_file/development': {
      const isNamed = entriesOf(found.value, path, to).some(
        ([key, below]) => key === 'output_stream' && !isAbsent(below),
      );
      if (!isNamed) to.unsupported.push(`${path} (FORETRACE_FILE is written, as stdout is the app's)`);
      translateKeys(found.value, path, { output_stream: setFile }, to);
      return 'file';
    }
    case 'otlp_grpc':
      to.unsupported.push(
        `${path} (nothing is sent by it, as gRPC is not spoken: otlp_http is, on port 4318 of a collector)`,
      );
      return undefined;
    default:
      to.unknown.push(path);
      return undefined;
  }
}

/** `headers` win over `headers_list`, so they come after it, wherever they stand in the file. */
function addHeaders(value: unknown, path: string, to: Translation): void {
  const name = `${OTLP}HEADERS`;
  const before = to.texts[name];
  if (!Array.isArray(value)) {
    set(name, value, path, to);
    if (before !== undefined && to.texts[name] !== before) to.texts[name] += `,${before}`;
    return;
  }
  const pairs: string[] = [];
  for (const [item, at] of itemsOf(value, path, to)) {
    const { name: key, value: text, ...rest } = Object.fromEntries(entriesOf(item, at, to));
    for (const unknown of Object.keys(rest)) to.unknown.push(`${at}.${unknown}`);
    if (typeof key !== 'string') to.misformed.push(`${at} (a name and a value)`);
    else if (!isAbsent(text)) pairs.push(pair(key, String(text)));
  }
  if (pairs.length > 0)
    set(name, before === undefined ? pairs.join() : `${before},${pairs.join()}`, path, to);
}

function setFile(value: unknown, path: string, to: Translation): void {
  if (isAbsent(value)) return;
  if (String(value).startsWith('file:')) {
    try {
      set('FORETRACE_FILE', fileURLToPath(String(value)), path, to);
      return;
    } catch {
      // A host, or something that is no URL.
    }
  }
  to.unsupported.push(`${path} (FORETRACE_FILE is written, as stdout is the app's)`);
}
