import { describe, expect, it } from 'vitest';
import { readDocument } from '../../../../src/config/declarative/document.ts';
import { translate } from '../../../../src/config/declarative/translate.ts';
import type { Translation } from '../../../../src/config/declarative/translation.ts';
import { type Environment, readConfig } from '../../../../src/config/read.ts';
import { type Config, VARIABLES } from '../../../../src/config/table.ts';
import { resourceNames } from '../../../../src/resource/resource.ts';

const variables = new Map(VARIABLES.map((row) => [row.name, row]));

function translated(yaml: string, env: Environment = {}): Translation {
  return translate(readDocument(yaml, env).tree, env, { variables, ...resourceNames });
}

/** The configuration of a file of which all is understood. */
function config(yaml: string, env: Environment = {}): Config {
  const { texts, values, places, unknown, misformed, unsupported } = translated(yaml, env);
  expect({ unknown, misformed, unsupported }).toEqual({ unknown: [], misformed: [], unsupported: [] });
  const read = readConfig(texts, { called: places, values });
  expect(read.warnings).toEqual([]);
  return read.config;
}

const CONSOLE = 'tracer_provider: { processors: [{ batch: { exporter: { console: } } }] }\n';

describe('an example of the schema', () => {
  it('to get started with has the traces that it asks for', () => {
    const yaml = `
      resource:
        attributes_list: \${OTEL_RESOURCE_ATTRIBUTES}
        detection/development: { detectors: [service: , host: , process: , container: ] }
      propagator: { composite: [tracecontext: , baggage: ] }
      tracer_provider:
        sampler: { parent_based: { root: { always_on: } } }
        processors:
          - batch: { exporter: { otlp_http: { endpoint: "\${OTEL_EXPORTER_OTLP_ENDPOINT:-http://localhost:4318}/v1/traces" } } }
      meter_provider: { readers: [] }
      logger_provider: { processors: [] }`;
    const { texts, unknown, misformed, unsupported } = translated(yaml, {
      OTEL_RESOURCE_ATTRIBUTES: 'a=b',
      OTEL_SERVICE_NAME: 'shop & co',
    });
    expect({ ...texts }).toEqual({
      OTEL_RESOURCE_ATTRIBUTES: 'service.name=shop%20%26%20co,a=b',
      OTEL_NODE_RESOURCE_DETECTORS: 'serviceinstance,host,os,process,container',
      OTEL_PROPAGATORS: 'tracecontext,baggage',
      OTEL_TRACES_SAMPLER: 'parentbased_always_on',
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://localhost:4318/v1/traces',
    });
    expect([unknown, misformed, unsupported]).toEqual([
      [],
      [],
      ['meter_provider (no metrics are sent)', 'logger_provider (no logs are sent)'],
    ]);
  });

  it('with everything has every part of tracing', () => {
    const { limits, batch, otlp, sampler, propagation, resource, http } = config(`
      attribute_limits: { attribute_value_length_limit: 4096, attribute_count_limit: 100 }
      resource:
        attributes:
          - { name: service.name, value: unknown_service }
          - { name: string, value: 1 }
          - { name: bool, value: true, type: bool }
          - { name: int, value: 1, type: int }
          - { name: double, value: 1.1, type: double }
          - { name: strings, value: [value1, value2], type: string_array }
          - { name: bools, value: [true, false], type: bool_array }
          - { name: ints, value: [1, 2], type: int_array }
          - { name: doubles, value: [1.1, 2.2], type: double_array }
          - { name: nothing, value: , type: string }
        attributes_list: "service.namespace=my-namespace,string=not%20this"
        detection/development:
          attributes: { included: [process.*], excluded: [process.command_args] }
          detectors: [container: , host: , process: , service: ]
      propagator: { composite: [tracecontext: , b3: ], composite_list: "baggage,b3" }
      tracer_provider:
        processors:
          - batch:
              schedule_delay: 4000
              export_timeout: 0
              max_queue_size: 1024
              max_export_batch_size: 256
              exporter:
                otlp_http:
                  endpoint: https://collector/own/path
                  tls: { ca_file: /ca.pem, key_file: /key.pem, cert_file: /cert.pem }
                  headers: [{ name: api-key, value: "a,b=c %" }, { name: gone, value: }]
                  headers_list: "api-key=1234,x=y%20z"
                  compression: gzip
                  timeout: 9000
                  encoding: json
        limits: { event_count_limit: 1, link_count_limit: 2, event_attribute_count_limit: 3, link_attribute_count_limit: 4, attribute_count_limit: 5, attribute_value_length_limit: }
        sampler:
          parent_based:
            root: { trace_id_ratio_based: { ratio: 0.0001 } }
            remote_parent_sampled: { always_on: }
            remote_parent_not_sampled: { always_off: {} }
            local_parent_sampled: { always_on: }
            local_parent_not_sampled: { always_off: }
        id_generator: { random: }
      instrumentation/development:
        general:
          http:
            semconv: { version: 1, experimental: true, dual_emit: false }
            client: { request_captured_headers: [Content-Type, Accept], response_captured_headers: [Content-Encoding], known_methods: [GET, POST] }
            server: { request_captured_headers: [X-A], response_captured_headers: [X-B], known_methods: [POST, PUT] }
          db: { semconv: { version: 1 } }
          sanitization: { url: { sensitive_query_parameters: [] } }
          stability_opt_in_list: http
        java: { example: { property: value } }
        js: { pg: { enabled: false }, better-sqlite3: { enabled: true }, http: }
      distribution: { other: { x: 1 } }`);
    expect(limits).toEqual({
      attributeCount: 5,
      attributeValueLength: 4096,
      eventCount: 1,
      linkCount: 2,
      attributePerEventCount: 3,
      attributePerLinkCount: 4,
    });
    expect(batch).toMatchObject({
      scheduleDelayMs: 4000,
      exportTimeoutMs: 2_147_483_647,
      maxQueueSize: 1024,
      maxExportBatchSize: 256,
    });
    expect(otlp.traces).toEqual({
      url: 'https://collector/own/path',
      headers: { 'api-key': 'a,b=c %', x: 'y z' },
      timeoutMs: 9000,
      compression: 'gzip',
      protocol: 'http/json',
      certificateFile: '/ca.pem',
      clientKeyFile: '/key.pem',
      clientCertificateFile: '/cert.pem',
    });
    expect(sampler).toMatchObject({ name: 'parentbased_traceidratio', ratio: 0.0001 });
    expect(propagation.names).toEqual(['tracecontext', 'b3', 'baggage']);
    expect(resource.attributes).toEqual({
      'service.name': 'unknown_service',
      string: '1',
      bool: true,
      int: 1,
      double: 1.1,
      strings: ['value1', 'value2'],
      bools: [true, false],
      ints: [1, 2],
      doubles: [1.1, 2.2],
      'service.namespace': 'my-namespace',
      // Left out: an attribute without a value takes away what is found out.
      'service.instance.id': '',
      'process.command_args': '',
      'host.name': '',
      'host.id': '',
      'host.arch': '',
      'os.type': '',
      'os.version': '',
      'os.description': '',
      'container.id': '',
    });
    expect(http).toMatchObject({
      clientRequestHeaders: ['content-type', 'accept'],
      clientResponseHeaders: ['content-encoding'],
      serverRequestHeaders: ['x-a'],
      serverResponseHeaders: ['x-b'],
      knownMethods: ['GET', 'POST', 'PUT'],
      sensitiveQueryParameters: [],
    });
  });

  it('to migrate with says what the variables say, as far as it names them', () => {
    const yaml = `
      disabled: \${OTEL_SDK_DISABLED:-false}
      log_level: info
      propagator: { composite_list: "\${OTEL_PROPAGATORS:-tracecontext,baggage}" }
      tracer_provider:
        processors:
          - batch:
              schedule_delay: \${OTEL_BSP_SCHEDULE_DELAY:-5000}
              exporter: { otlp_http: { headers_list: "\${OTEL_EXPORTER_OTLP_TRACES_HEADERS}" } }
        limits: { attribute_value_length_limit: "\${OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT}" }`;
    expect(config(yaml)).toMatchObject({
      disabled: false,
      logLevel: 'info',
      batch: { scheduleDelayMs: 5000 },
      otlp: { traces: { headers: {}, url: 'http://localhost:4318/v1/traces' } },
      limits: { attributeValueLength: Infinity },
    });
    expect(
      config(yaml, {
        OTEL_SDK_DISABLED: 'true',
        OTEL_PROPAGATORS: 'b3',
        OTEL_BSP_SCHEDULE_DELAY: '7',
        OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'a=b',
        OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: '9',
      }),
    ).toMatchObject({
      disabled: true,
      propagation: { names: ['b3'] },
      batch: { scheduleDelayMs: 7 },
      otlp: { traces: { headers: { a: 'b' } } },
      limits: { attributeValueLength: 9 },
    });
  });
});

describe('a sampler', () => {
  it.each<[yaml: string, name: string, ratio: number]>([
    ['always_on:', 'always_on', 1],
    ['always_off: {}', 'always_off', 1],
    ['trace_id_ratio_based: { ratio: 0.5 }', 'traceidratio', 0.5],
    ['trace_id_ratio_based:', 'traceidratio', 1],
    ['probability/development: { ratio: 0.25 }', 'traceidratio', 0.25],
    ['parent_based:', 'parentbased_always_on', 1],
    ['parent_based: { root: { always_off: } }', 'parentbased_always_off', 1],
    ['parent_based: { root: { parent_based: { root: { always_off: } } } }', 'parentbased_always_off', 1],
    [
      'composite/development: { parent_threshold: { root: { probability: { ratio: 0.1 } } } }',
      'parentbased_traceidratio',
      0.1,
    ],
    ['always_record: { root: { always_off: } }', 'always_off', 1],
  ])('%s', (yaml, name, ratio) => {
    const { sampler } = config(
      `tracer_provider: { processors: [{ simple: { exporter: { console: } } }], sampler: { ${yaml} } }`,
    );
    expect(sampler).toMatchObject({ name, ratio });
  });

  it.each<[yaml: string, sampler: string | undefined, unsupported: string]>([
    [
      'jaeger_remote/development: { endpoint: x, initial_sampler: { always_off: } }',
      'always_off',
      'jaeger_remote/development (its initial_sampler is used)',
    ],
    [
      'composite/development: { rule_based: { rules: [] } }',
      undefined,
      'composite/development.rule_based (every trace that begins here is kept)',
    ],
    [
      'parent_based: { remote_parent_sampled: { always_off: } }',
      'parentbased_always_on',
      'parent_based.remote_parent_sampled (the decision of the parent is followed)',
    ],
  ])('that foretrace has not is named: %s', (yaml, sampler, said) => {
    const { texts, unsupported } = translated(`tracer_provider: { sampler: { ${yaml} } }`);
    expect([texts.OTEL_TRACES_SAMPLER, unsupported]).toEqual([sampler, [`tracer_provider.sampler.${said}`]]);
  });
});

describe('processors', () => {
  it('give several exporters one queue, that of the first batch', () => {
    const { texts, unsupported } = translated(`
      tracer_provider:
        processors:
          - simple: { exporter: { console: } }
          - batch: { schedule_delay: 10, exporter: { otlp_http: { endpoint: "http://a" } } }
          - batch: { schedule_delay: 20, exporter: { otlp_http: { endpoint: "http://b" } } }
          - batch: { exporter: { otlp_file/development: { output_stream: "file:///tmp/x%20y.jsonl" } } }`);
    expect(texts).toMatchObject({
      OTEL_TRACES_EXPORTER: 'console,otlp,file',
      OTEL_BSP_SCHEDULE_DELAY: '10',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://a',
      FORETRACE_FILE: '/tmp/x y.jsonl',
    });
    const third = 'tracer_provider.processors[2].batch';
    expect(unsupported).toEqual([
      `${third}.schedule_delay (those of tracer_provider.processors[1].batch hold for all exporters)`,
      `${third}.exporter.otlp_http (spans go to the first otlp_http alone)`,
    ]);
  });

  it('that are simple alone wait as little as possible', () => {
    expect(config('tracer_provider: { processors: [{ simple: { exporter: { console: } } }] }')).toMatchObject(
      {
        exporters: ['console'],
        batch: { scheduleDelayMs: 1 },
      },
    );
  });

  it('never write to stdout', () => {
    for (const stream of ['', 'output_stream: stdout', 'output_stream: "file://host/x"']) {
      const { texts, unsupported } = translated(
        `tracer_provider: { processors: [{ batch: { exporter: { otlp_file/development: { ${stream} } } } }] }`,
      );
      expect([texts.OTEL_TRACES_EXPORTER, texts.FORETRACE_FILE]).toEqual(['file', undefined]);
      expect(unsupported).toEqual([expect.stringContaining('stdout is the app’s'.replace('’', "'"))]);
    }
  });

  it('without an exporter switch tracing off', () => {
    for (const yaml of ['file_format: "1.0"', 'tracer_provider:', 'tracer_provider: { processors: [] }'])
      expect(config(yaml)).toMatchObject({ exporters: [], tracing: false });
  });
});

it('silence has the defaults of the schema where they are another behaviour', () => {
  expect(config(CONSOLE)).toMatchObject({
    propagation: { names: [] },
    resource: { detectors: [] },
    sampler: { name: 'parentbased_always_on' },
    tracing: true,
  });
});

it('distribution.foretrace has every variable that the schema has no place for', () => {
  expect(
    config(`${CONSOLE}distribution:
  foretrace:
    exit_timeout: 7
    export_thread: off
    fold_spans: false
    root_client_spans: [pg, redis]
    node_enabled_instrumentations: [http, pg]
    instrumentation_common_db_query_sanitization_enabled: false
    propagators: b3
propagator: { composite_list: baggage }`),
  ).toMatchObject({
    exitTimeoutMs: 7,
    thread: false,
    foldSpans: false,
    rootClientSpans: ['pg', 'redis'],
    instrumentations: { enabled: ['http', 'pg'] },
    database: { sanitizeQueries: false },
    propagation: { names: ['baggage'] },
  });
  const { unknown } = translated(
    `${CONSOLE}distribution: { foretrace: { Exit_timeout: 1, exit: 2, config_file: x, colour: { a: 1 } } }`,
  );
  expect(unknown).toEqual(
    ['Exit_timeout', 'exit', 'config_file', 'colour'].map((key) => `distribution.foretrace.${key}`),
  );
});

it('names everything that is not of the form of the schema, and goes on', () => {
  const { texts, misformed, unknown } = translated(`
    disabled: [true]
    log_level: fatal4
    resource: { attributes: [{ value: 1 }, { name: a, value: x, type: int }, { name: b, value: 1, colour: red }] }
    propagator: { composite: tracecontext, composite_list: baggage }
    tracer_provider: { processors: [{ batch: { exporter: { console: , otlp_http: } } }, 7], sampler: always_on }
    attribute_limits: 5
    __proto__: { a: 1 }`);
  expect(misformed).toEqual([
    'disabled (a single value)',
    'resource.attributes[0] (a name and a value)',
    'resource.attributes[1].value (what its type says)',
    'propagator.composite (a list)',
    'tracer_provider.processors[0].batch.exporter (a map of one key)',
    'tracer_provider.processors[1] (a map)',
    'tracer_provider.sampler (a map)',
    'attribute_limits (a map)',
  ]);
  expect(unknown).toEqual(['resource.attributes[2].colour', '__proto__']);
  expect(texts).toMatchObject({ OTEL_LOG_LEVEL: 'error', OTEL_PROPAGATORS: 'baggage' });
});
