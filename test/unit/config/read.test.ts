import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Environment, readConfig } from '../../../src/config/read.ts';
import { type Config, VARIABLES } from '../../../src/config/table.ts';
import type { Variable } from '../../../src/config/variable.ts';
import { SECRET_NAMES } from '../../../src/redact/secrets.ts';

/** The configuration of an environment that must give no warning. */
function config(env: Environment): Config {
  const read = readConfig(env);
  expect(read.warnings).toEqual([]);
  return read.config;
}

type Pick = (config: Config) => unknown;

/** The texts are read to the values, without a warning. */
function reads(name: string, pick: Pick, cases: readonly (readonly [text: string, value: unknown])[]): void {
  it.each(cases)(`reads ${name}=%j as %j`, (text, value) => {
    expect(pick(config({ [name]: text }))).toEqual(value);
  });
}

/** The texts are refused with one warning that names variable and value, and the default holds. */
function refuses(name: string, pick: Pick, texts: readonly string[], instead: string): void {
  it.each(texts)(`warns once about ${name}=%j and uses the default`, (text) => {
    const read = readConfig({ [name]: text });
    expect(read.warnings).toHaveLength(1);
    expect(read.warnings[0]).toContain(`${name}=${JSON.stringify(text.trim())} `);
    expect(read.warnings[0]).toContain(`, ${instead}`);
    expect(pick(read.config)).toEqual(pick(readConfig({}).config));
  });
}

const UNLIMITED_MS = 2_147_483_647;

describe('an empty environment', () => {
  it('gives the documented defaults and no warning', () => {
    expect(config({})).toEqual({
      disabled: false,
      tracing: true,
      files: { declarative: undefined, variables: undefined },
      runtime: { file: undefined, signal: undefined },
      logLevel: 'warn',
      resource: {
        serviceName: undefined,
        attributes: {},
        detectors: ['env', 'host', 'os', 'process', 'serviceinstance', 'container'],
      },
      propagation: { names: ['tracecontext', 'baggage'], maxBaggage: 3072 },
      exporters: ['otlp'],
      sampler: { name: 'parentbased_always_on', ratio: 1 },
      sampling: { rules: [], tracesPerSecond: Infinity, continuation: 'continue' },
      batch: {
        scheduleDelayMs: 5000,
        exportTimeoutMs: 30_000,
        maxQueueSize: 8192,
        maxQueueBytes: 33_554_432,
        maxExportBatchSize: 2048,
      },
      limits: {
        attributeCount: 128,
        attributeValueLength: Infinity,
        eventCount: 128,
        linkCount: 128,
        attributePerEventCount: 128,
        attributePerLinkCount: 128,
      },
      otlp: {
        traces: {
          url: 'http://localhost:4318/v1/traces',
          headers: {},
          timeoutMs: 10_000,
          compression: 'none',
          protocol: 'http/protobuf',
          certificateFile: undefined,
          clientCertificateFile: undefined,
          clientKeyFile: undefined,
        },
      },
      foldSpans: true,
      rootClientSpans: true,
      carriers: ['environment', 'child_process', 'worker_threads'],
      file: { path: 'foretrace-traces.jsonl' },
      console: { color: undefined },
      http: {
        knownMethods: [
          'GET',
          'HEAD',
          'POST',
          'PUT',
          'DELETE',
          'CONNECT',
          'OPTIONS',
          'TRACE',
          'PATCH',
          'QUERY',
        ],
        serverRequestHeaders: [],
        serverResponseHeaders: [],
        clientRequestHeaders: [],
        clientResponseHeaders: [],
        sanitizedHeaders: [],
        queryParameters: 'keep',
        sensitiveQueryParameters: [
          'X-Amz-Signature',
          'X-Amz-Credential',
          'X-Amz-Security-Token',
          'AWSAccessKeyId',
          'Signature',
          'sig',
          'X-Goog-Signature',
          ...SECRET_NAMES,
        ],
      },
      naming: {
        excludedUrls: [],
        urlRules: [],
        urlTemplates: false,
        requestAttributes: [],
        peerServices: [],
      },
      mask: { kinds: [], expressions: [] },
      database: {
        sanitizeQueries: true,
        keepsParameterized: false,
        capturesParameters: false,
        sqlCommenter: 'off',
      },
      trouble: { slowQueryMs: undefined, repeats: undefined },
      instrumentations: { defaultEnabled: true, enabled: undefined, disabled: [], byName: {} },
      exitTimeoutMs: 1000,
      thread: true,
      esmHooks: true,
    });
  });

  it('is the same as one in which every variable is empty or blank', () => {
    const names = (VARIABLES as readonly Variable[]).flatMap((row) => [row.name, ...(row.aliases ?? [])]);
    for (const text of ['', '  ', '\t\r']) {
      expect(config(Object.fromEntries(names.map((name) => [name, text])))).toEqual(config({}));
    }
  });

  it('can be posted to another thread', () => {
    const full = config({ OTEL_RESOURCE_ATTRIBUTES: 'a=b', OTEL_INSTRUMENTATION_PG_ENABLED: 'false' });
    expect(structuredClone(full)).toEqual(full);
  });
});

describe('general', () => {
  reads('OTEL_SDK_DISABLED', (c) => c.disabled, [
    ['true', true],
    ['TRUE', true],
    [' True ', true],
    ['false', false],
    ['False', false],
  ]);
  refuses('OTEL_SDK_DISABLED', (c) => c.disabled, ['1', 'yes', 'on', 'truee', '0'], 'false is used');
  reads('OTEL_LOG_LEVEL', (c) => c.logLevel, [
    ['none', 'none'],
    ['DEBUG', 'debug'],
    ['all', 'all'],
  ]);
  refuses('OTEL_LOG_LEVEL', (c) => c.logLevel, ['loud', '3'], 'warn is used');
  reads('OTEL_SERVICE_NAME', (c) => c.resource.serviceName, [
    ['shop', 'shop'],
    [' a=b,c%20 ', 'a=b,c%20'],
  ]);
  reads('OTEL_RESOURCE_ATTRIBUTES', (c) => c.resource.attributes, [
    ['a=b', { a: 'b' }],
    [' a = b , c=d=e,, ', { a: 'b', c: 'd=e' }],
    ['a=x%2Cy%20z%25,%C3%A9=%C3%A9', { a: 'x,y z%', é: 'é' }],
    ['a=1,a=2', { a: '2' }],
    ['a=', { a: '' }],
  ]);
  it('takes a resource attribute called __proto__ for an attribute', () => {
    const { resource } = config({ OTEL_RESOURCE_ATTRIBUTES: '__proto__=x,a=b' });
    expect(Object.entries(resource.attributes)).toEqual([
      ['__proto__', 'x'],
      ['a', 'b'],
    ]);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });
  it.each([
    ['a=b,c', { a: 'b' }, 'has no key=value in entry 2'],
    ['=b,c=d', { c: 'd' }, 'has no key=value in entry 1'],
    ['a=100%,b=1', { b: '1' }, 'has a broken percent-encoding in entry 1'],
    ['a=%E0%A4,b=%zz,c=1', { c: '1' }, 'has a broken percent-encoding in entry 1'],
  ])(
    'leaves out the broken entry of OTEL_RESOURCE_ATTRIBUTES=%j with one warning',
    (text, value, problem) => {
      const read = readConfig({ OTEL_RESOURCE_ATTRIBUTES: text });
      expect(read.config.resource.attributes).toEqual(value);
      expect(read.warnings).toEqual([
        `OTEL_RESOURCE_ATTRIBUTES=${JSON.stringify(text)} ${problem}, that part is ignored`,
      ]);
    },
  );
  reads('OTEL_PROPAGATORS', (c) => c.propagation.names, [
    ['none', []],
    ['b3', ['b3']],
    [' B3Multi , tracecontext,b3multi', ['b3multi', 'tracecontext']],
  ]);
  refuses(
    'OTEL_PROPAGATORS',
    (c) => c.propagation.names,
    ['w3c', 'datadog,opencensus'],
    'tracecontext,baggage is used',
  );
  it('keeps the known propagators beside an unknown one', () => {
    const read = readConfig({ OTEL_PROPAGATORS: 'datadog,b3' });
    expect(read.config.propagation.names).toEqual(['b3']);
    expect(read.warnings).toHaveLength(1);
    expect(read.warnings[0]).toContain('has "datadog", which is not one of tracecontext,');
  });
});

describe('traces', () => {
  reads('OTEL_TRACES_EXPORTER', (c) => c.exporters, [
    ['none', []],
    ['otlp', ['otlp']],
    ['console,OTLP, file,console', ['console', 'otlp', 'file']],
    ['logging', ['console']],
    [',', ['otlp']],
  ]);
  refuses('OTEL_TRACES_EXPORTER', (c) => c.exporters, ['zipkin', 'constructor'], 'otlp is used');
  it('ignores none beside other exporters, with a warning', () => {
    const read = readConfig({ OTEL_TRACES_EXPORTER: 'none,console' });
    expect(read.config.exporters).toEqual(['console']);
    expect(read.warnings).toEqual([
      'OTEL_TRACES_EXPORTER="none,console" has none beside others, that part is ignored',
    ]);
  });
  it('exports nothing for none beside an unknown exporter', () => {
    const read = readConfig({ OTEL_TRACES_EXPORTER: 'none,zipkin' });
    expect(read.config.exporters).toEqual([]);
    expect(read.warnings).toHaveLength(1);
  });
  reads('OTEL_TRACES_SAMPLER', (c) => c.sampler.name, [
    ['always_on', 'always_on'],
    ['ALWAYS_OFF', 'always_off'],
    ['traceidratio', 'traceidratio'],
    ['parentbased_always_on', 'parentbased_always_on'],
    ['parentbased_always_off', 'parentbased_always_off'],
    ['ParentBased_TraceIdRatio', 'parentbased_traceidratio'],
  ]);
  refuses('OTEL_TRACES_SAMPLER', (c) => c.sampler, ['jaeger_remote', '0.5'], 'parentbased_always_on is used');
  it.each([
    ['0', 0],
    ['1', 1],
    ['1.0', 1],
    ['.25', 0.25],
    ['1e-3', 0.001],
  ])('reads OTEL_TRACES_SAMPLER_ARG=%j as %j', (text, ratio) => {
    const { config, warnings } = readConfig({
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: text,
    });
    expect([config.sampler.ratio, warnings]).toEqual([ratio, []]);
  });
  it.each([undefined, 'always_on', 'parentbased_always_off'])(
    'says that a ratio is of no use to the sampler %s',
    (name) => {
      const { warnings } = readConfig({ OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: '0.1' });
      expect(warnings).toEqual([
        `OTEL_TRACES_SAMPLER_ARG="0.1" says nothing to the sampler ${name ?? 'parentbased_always_on'}, it is ignored`,
      ]);
    },
  );
  refuses(
    'OTEL_TRACES_SAMPLER_ARG',
    (c) => c.sampler.ratio,
    ['1.0000001', '-0.1', '50%', 'NaN', 'Infinity', '0x1', '1,0'],
    '1 is used',
  );
});

describe('colours', () => {
  reads('NO_COLOR', (c) => c.console.color, [
    ['1', false],
    ['0', false],
    ['', undefined],
  ]);
});

describe('batch', () => {
  reads('OTEL_BSP_SCHEDULE_DELAY', (c) => c.batch.scheduleDelayMs, [
    ['0', 1],
    ['1', 1],
    ['200', 200],
    ['2147483647', 2_147_483_647],
  ]);
  refuses(
    'OTEL_BSP_SCHEDULE_DELAY',
    (c) => c.batch.scheduleDelayMs,
    ['-1', '5s', '1.5', '1e3', '0x10', '2147483648', 'NaN', 'abc'],
    '5000 ms is used',
  );
  reads('OTEL_BSP_EXPORT_TIMEOUT', (c) => c.batch.exportTimeoutMs, [
    ['1', 1],
    ['0', UNLIMITED_MS],
  ]);
  refuses('OTEL_BSP_EXPORT_TIMEOUT', (c) => c.batch.exportTimeoutMs, ['-1', 'x'], '30000 ms is used');
  reads('OTEL_BSP_MAX_QUEUE_SIZE', (c) => c.batch.maxQueueSize, [
    ['512', 512],
    ['+4096', 4096],
  ]);
  refuses('OTEL_BSP_MAX_QUEUE_SIZE', (c) => c.batch.maxQueueSize, ['0', '-5', '1k'], '8192 spans is used');
  reads('FORETRACE_MAX_QUEUE_BYTES', (c) => c.batch.maxQueueBytes, [
    ['65536', 65_536],
    ['267386880', 267_386_880],
  ]);
  refuses(
    'FORETRACE_MAX_QUEUE_BYTES',
    (c) => c.batch.maxQueueBytes,
    ['0', '65535', '32MB', '267386881'],
    '33554432 bytes is used',
  );
  reads('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', (c) => c.batch.maxExportBatchSize, [
    ['1', 1],
    ['2048', 2048],
  ]);
  refuses(
    'OTEL_BSP_MAX_EXPORT_BATCH_SIZE',
    (c) => c.batch.maxExportBatchSize,
    ['0', ''.padEnd(3, 'x')],
    '2048 spans is used',
  );
  it('clamps a batch above the queue to the queue, with a warning', () => {
    const read = readConfig({ OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '8193' });
    expect(read.config.batch.maxExportBatchSize).toBe(8192);
    expect(read.warnings).toEqual([
      'OTEL_BSP_MAX_EXPORT_BATCH_SIZE="8193" is above OTEL_BSP_MAX_QUEUE_SIZE, 8192 spans is used',
    ]);
  });
  it('follows a queue that is smaller than the default batch without a word', () => {
    expect(config({ OTEL_BSP_MAX_QUEUE_SIZE: '100' }).batch.maxExportBatchSize).toBe(100);
  });
  it('says one thing about a batch that is invalid and whose default exceeds the queue', () => {
    const read = readConfig({ OTEL_BSP_MAX_QUEUE_SIZE: '100', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: 'x' });
    expect(read.config.batch.maxExportBatchSize).toBe(100);
    expect(read.warnings).toHaveLength(1);
  });
});

describe('limits', () => {
  reads('OTEL_ATTRIBUTE_COUNT_LIMIT', (c) => c.limits, [
    [
      '7',
      {
        attributeCount: 7,
        attributeValueLength: Infinity,
        eventCount: 128,
        linkCount: 128,
        attributePerEventCount: 7,
        attributePerLinkCount: 7,
      },
    ],
  ]);
  reads('OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT', (c) => c.limits.attributeValueLength, [
    ['64', 64],
    ['0', 0],
  ]);
  refuses(
    'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT',
    (c) => c.limits.attributeValueLength,
    ['-1', 'unlimited'],
    'no limit is used',
  );
  const specific: [string, Pick][] = [
    ['OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', (c) => c.limits.attributeCount],
    ['OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', (c) => c.limits.attributeValueLength],
    ['OTEL_SPAN_EVENT_COUNT_LIMIT', (c) => c.limits.eventCount],
    ['OTEL_SPAN_LINK_COUNT_LIMIT', (c) => c.limits.linkCount],
    ['OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT', (c) => c.limits.attributePerEventCount],
    ['OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT', (c) => c.limits.attributePerEventCount],
    ['OTEL_LINK_ATTRIBUTE_COUNT_LIMIT', (c) => c.limits.attributePerLinkCount],
    ['OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT', (c) => c.limits.attributePerLinkCount],
  ];
  it.each(specific)('lets %s win over the general limits, zero included', (name, pick) => {
    const general = { OTEL_ATTRIBUTE_COUNT_LIMIT: '7', OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '7' };
    expect(pick(config({ ...general, [name]: '9' }))).toBe(9);
    expect(pick(config({ ...general, [name]: '0' }))).toBe(0);
  });
  it('falls back to the general limit from an invalid specific one, and says so', () => {
    const read = readConfig({
      OTEL_ATTRIBUTE_COUNT_LIMIT: '7',
      OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '70',
      OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '-1',
      OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: 'x',
    });
    expect(read.config.limits.attributeCount).toBe(7);
    expect(read.config.limits.attributeValueLength).toBe(70);
    expect(read.warnings).toEqual([
      'OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT="-1" is not an integer from 0 to 2147483647, 7 is used',
      'OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT="x" is not an integer from 0 to 2147483647, 70 characters is used',
    ]);
  });
  it('prefers the name of a variable to its alias, and names the alias in a warning about it', () => {
    const event = { OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT: 'x' };
    expect(config({ ...event, OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT: '3' }).limits.attributePerEventCount).toBe(3);
    expect(readConfig(event).warnings[0]).toMatch(/^OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT="x" /);
  });
});

describe('otlp', () => {
  reads('OTEL_EXPORTER_OTLP_ENDPOINT', (c) => c.otlp.traces.url, [
    ['http://collector:4318', 'http://collector:4318/v1/traces'],
    ['http://collector:4318/', 'http://collector:4318/v1/traces'],
    ['https://example.com/otlp', 'https://example.com/otlp/v1/traces'],
    ['https://example.com/otlp/', 'https://example.com/otlp/v1/traces'],
    ['https://example.com/otlp?tenant=a', 'https://example.com/otlp/v1/traces?tenant=a'],
    ['HTTP://[::1]:4318', 'http://[::1]:4318/v1/traces'],
  ]);
  reads('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', (c) => c.otlp.traces.url, [
    ['http://collector:4318', 'http://collector:4318/'],
    ['http://collector:4318/v1/traces', 'http://collector:4318/v1/traces'],
    ['https://example.com/custom/', 'https://example.com/custom/'],
  ]);
  const urls = ['collector:4318', 'localhost', 'ftp://collector', 'http://', 'http://a b', 'http:/x', '//x'];
  refuses('OTEL_EXPORTER_OTLP_ENDPOINT', (c) => c.otlp.traces.url, urls, 'http://localhost:4318 is used');
  refuses('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', (c) => c.otlp.traces.url, urls, 'it is ignored');
  it('falls back from an invalid endpoint for traces to the general one', () => {
    const read = readConfig({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://general:1',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'x',
    });
    expect(read.config.otlp.traces.url).toBe('http://general:1/v1/traces');
  });
  it.each(['htps://user:hunter2@host?token=hunter2', 'user:hun@ter2@host', '//u:hunter2@h', 'x?hunter2'])(
    'shows neither credentials nor parameters of the unusable URL %j',
    (text) => {
      const { warnings } = readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: text });
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).not.toMatch(/hun|ter2/);
    },
  );

  const headers: Pick = (c) => c.otlp.traces.headers;
  for (const name of ['OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_EXPORTER_OTLP_TRACES_HEADERS']) {
    reads(name, headers, [
      ['api-key=abc', { 'api-key': 'abc' }],
      ['Authorization=Basic%20YTpi, X-Tenant = a%2Cb ', { authorization: 'Basic YTpi', 'x-tenant': 'a,b' }],
      ['x=a==', { x: 'a==' }],
      ['x=', { x: '' }],
    ]);
    it.each([
      ['hunter2', {}, 'entry 1'],
      ['a=1,hunter2', { a: '1' }, 'entry 2'],
      ['a=1,b=hunter2%', { a: '1' }, 'entry 2'],
      ['b=hunter2%0d%0Ainjected:1,a=1', { a: '1' }, 'entry 1'],
      ['bad name=hunter2', {}, 'entry 1'],
      ['a=hunter2%E2%82%AC', {}, 'entry 1'],
      ['content-length=2,a=1', { a: '1' }, 'entry 1'],
      ['a=1,Transfer-Encoding=chunked', { a: '1' }, 'entry 2'],
      ['content-encoding=br', {}, 'entry 1'],
    ])(`leaves out the broken entry of ${name}=%j and never shows it`, (text, value, entry) => {
      const read = readConfig({ [name]: text });
      expect(read.config.otlp.traces.headers).toEqual(value);
      expect(read.warnings).toHaveLength(1);
      expect(read.warnings[0]).toMatch(new RegExp(`^${name} has .* ${entry}, `));
      expect(read.warnings[0]).not.toContain('hunter2');
    });
  }
  it('says of the variables for insecure gRPC that they have no effect, when they are set to have one', () => {
    for (const name of ['OTEL_EXPORTER_OTLP_INSECURE', 'OTEL_EXPORTER_OTLP_TRACES_INSECURE']) {
      const read = readConfig({ [name]: 'true' });
      expect(read.warnings).toEqual([
        expect.stringMatching(`^${name}="true" is of gRPC alone, it is ignored`),
      ]);
      expect(read.config).toEqual(config({ [name]: 'false' }));
    }
  });
  it.each([
    [
      'OTEL_SEMCONV_STABILITY_OPT_IN',
      'http/dup,database',
      /^OTEL_SEMCONV_STABILITY_OPT_IN has http\/dup, but only/,
    ],
  ])('says in one line that %s=%s has no effect', (name, text, line) => {
    expect(readConfig({ [name]: text }).warnings).toEqual([expect.stringMatching(line)]);
  });
  it.each(['http', 'database', 'http,database,messaging'])(
    'says nothing of OTEL_SEMCONV_STABILITY_OPT_IN=%s, which asks for what there is',
    (text) => expect(readConfig({ OTEL_SEMCONV_STABILITY_OPT_IN: text }).warnings).toEqual([]),
  );
  it('replaces the general headers by the ones for traces', () => {
    expect(
      config({ OTEL_EXPORTER_OTLP_HEADERS: 'a=1', OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'b=2' }).otlp.traces
        .headers,
    ).toEqual({ b: '2' });
  });

  reads('OTEL_EXPORTER_OTLP_TIMEOUT', (c) => c.otlp.traces.timeoutMs, [
    ['1', 1],
    ['0', UNLIMITED_MS],
  ]);
  refuses('OTEL_EXPORTER_OTLP_TIMEOUT', (c) => c.otlp.traces.timeoutMs, ['-1', '10s'], '10000 ms is used');
  reads('OTEL_EXPORTER_OTLP_COMPRESSION', (c) => c.otlp.traces.compression, [
    ['gzip', 'gzip'],
    ['NONE', 'none'],
  ]);
  refuses(
    'OTEL_EXPORTER_OTLP_COMPRESSION',
    (c) => c.otlp.traces.compression,
    ['deflate', 'true'],
    'none is used',
  );
  reads('OTEL_EXPORTER_OTLP_PROTOCOL', (c) => c.otlp.traces.protocol, [
    ['http/json', 'http/json'],
    ['HTTP/Protobuf', 'http/protobuf'],
  ]);
  refuses(
    'OTEL_EXPORTER_OTLP_PROTOCOL',
    (c) => c.otlp.traces.protocol,
    ['grpc', 'GRPC', 'json'],
    'http/protobuf is used',
  );
  it('tells a user of gRPC which port takes HTTP', () => {
    const { warnings } = readConfig({ OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'grpc' });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('4318');
    expect(warnings[0]).toContain('4317');
  });
  it.each([
    ['TIMEOUT', '5', '6', (c: Config) => c.otlp.traces.timeoutMs, 5, 6],
    ['COMPRESSION', 'gzip', 'none', (c: Config) => c.otlp.traces.compression, 'gzip', 'none'],
    [
      'PROTOCOL',
      'http/json',
      'http/protobuf',
      (c: Config) => c.otlp.traces.protocol,
      'http/json',
      'http/protobuf',
    ],
    ['CERTIFICATE', 'a.pem', 'b.pem', (c: Config) => c.otlp.traces.certificateFile, 'a.pem', 'b.pem'],
    [
      'CLIENT_CERTIFICATE',
      'a.pem',
      'b.pem',
      (c: Config) => c.otlp.traces.clientCertificateFile,
      'a.pem',
      'b.pem',
    ],
    ['CLIENT_KEY', 'a.pem', 'b.pem', (c: Config) => c.otlp.traces.clientKeyFile, 'a.pem', 'b.pem'],
  ] as const)('takes %s for all signals unless traces have their own', (part, general, own, pick, a, b) => {
    const env = { [`OTEL_EXPORTER_OTLP_${part}`]: general };
    expect(pick(config(env))).toBe(a);
    expect(pick(config({ ...env, [`OTEL_EXPORTER_OTLP_TRACES_${part}`]: own }))).toBe(b);
  });
});

describe('http', () => {
  reads('OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS', (c) => c.http.knownMethods, [
    ['GET, PURGE ,GET', ['GET', 'PURGE']],
    ['get', ['get']],
  ]);
  const captured: [string, Pick][] = [
    ['OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS', (c) => c.http.serverRequestHeaders],
    ['OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_RESPONSE_HEADERS', (c) => c.http.serverResponseHeaders],
    ['OTEL_INSTRUMENTATION_HTTP_CLIENT_CAPTURE_REQUEST_HEADERS', (c) => c.http.clientRequestHeaders],
    ['OTEL_INSTRUMENTATION_HTTP_CLIENT_CAPTURE_RESPONSE_HEADERS', (c) => c.http.clientResponseHeaders],
    ['OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST', (c) => c.http.serverRequestHeaders],
    ['OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE', (c) => c.http.serverResponseHeaders],
    ['OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST', (c) => c.http.clientRequestHeaders],
    ['OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_RESPONSE', (c) => c.http.clientResponseHeaders],
    ['OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS', (c) => c.http.sanitizedHeaders],
  ];
  for (const [name, pick] of captured) {
    reads(name, pick, [
      ['X-Request-Id, accept,x-request-id', ['x-request-id', 'accept']],
      ['.*, X-.*-Id', ['.*', 'x-.*-id']],
    ]);
    refuses(name, pick, ['x*', 'x y', 'a:b', 'x-(a|b)'], 'it is ignored');
  }
  it('records the named headers beside an expression that is none of names, with one warning', () => {
    const name = 'OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS';
    const read = readConfig({ [name]: 'accept,x-(a|b),y*' });
    expect(read.config.http.serverRequestHeaders).toEqual(['accept']);
    expect(read.warnings).toEqual([
      `${name}="accept,x-(a|b),y*" has "x-(a|b)", which is not a header name, nor one with .* in it, that part is ignored`,
    ]);
  });
  reads(
    'OTEL_INSTRUMENTATION_SANITIZATION_URL_EXPERIMENTAL_SENSITIVE_QUERY_PARAMETERS',
    (c) => c.http.sensitiveQueryParameters,
    [['token,Sig', ['token', 'Sig']]],
  );
});

describe('privacy', () => {
  reads('FORETRACE_QUERY_PARAMETERS', (c) => c.http.queryParameters, [
    ['keep', 'keep'],
    ['Redact', 'redact'],
    ['drop', 'drop'],
  ]);
  refuses('FORETRACE_QUERY_PARAMETERS', (c) => c.http.queryParameters, ['true', 'hide'], 'keep is used');
  reads('FORETRACE_MASK', (c) => c.mask.kinds, [
    ['email, Card,email', ['email', 'card']],
    ['none', []],
  ]);
  refuses('FORETRACE_MASK', (c) => c.mask.kinds, ['emails', 'name;ssn'], 'it is ignored');
  const expression = (source: string, name?: string, ignoreCase = false) => ({ name, source, ignoreCase });
  reads('FORETRACE_MASK_PATTERNS', (c) => c.mask.expressions, [
    ['/a/', [expression('a')]],
    ['/a,b/ ;/c d/i,', [expression('a,b'), expression('c d', undefined, true)]],
    ['employee = /EMP-\\d{4,6}/', [expression('EMP-\\d{4,6}', 'employee')]],
    ['/a\\/b/', [expression('a/b')]],
    [',', []],
  ]);
  refuses(
    'FORETRACE_MASK_PATTERNS',
    (c) => c.mask.expressions,
    ['a', '/a', '//', '/a/g', 'x=/a/ii'],
    'it is ignored',
  );
  it('keeps the expressions beside what is none, with one warning', () => {
    const read = readConfig({ FORETRACE_MASK_PATTERNS: '/a/, b, /c/i, /d' });
    expect(read.config.mask.expressions).toEqual([expression('a'), expression('c', undefined, true)]);
    expect(read.warnings).toEqual([
      'FORETRACE_MASK_PATTERNS="/a/, b, /c/i, /d" has "b", which is not an expression such as /EMP-\\d+/ or name=/EMP-\\d+/i, that part is ignored',
    ]);
  });
});

describe('database', () => {
  for (const name of [
    'OTEL_INSTRUMENTATION_COMMON_DB_QUERY_SANITIZATION_ENABLED',
    'OTEL_INSTRUMENTATION_COMMON_DB_STATEMENT_SANITIZER_ENABLED',
  ]) {
    reads(name, (c) => c.database.sanitizeQueries, [
      ['false', false],
      ['true', true],
    ]);
    // An unclear word must not uncover the literals of every statement.
    refuses(name, (c) => c.database.sanitizeQueries, ['1', 'no', 'off'], 'true is used');
  }
  reads('FORETRACE_DB_QUERY_SANITIZATION', (c) => c.database.keepsParameterized, [
    ['all', false],
    ['unparameterized', true],
  ]);
  refuses(
    'FORETRACE_DB_QUERY_SANITIZATION',
    (c) => c.database.keepsParameterized,
    ['none', 'off'],
    'all is used',
  );
});

describe('SQL comments and parameters', () => {
  reads('FORETRACE_SQLCOMMENTER', (c) => c.database.sqlCommenter, [
    ['off', 'off'],
    ['Service', 'service'],
    ['full', 'full'],
    ['true', 'full'],
    ['false', 'off'],
  ]);
  refuses('FORETRACE_SQLCOMMENTER', (c) => c.database.sqlCommenter, ['on', '1'], 'off is used');
  for (const name of [
    'FORETRACE_DB_QUERY_PARAMETERS',
    'OTEL_INSTRUMENTATION_JDBC_EXPERIMENTAL_CAPTURE_QUERY_PARAMETERS',
  ]) {
    reads(name, (c) => c.database.capturesParameters, [
      ['on', true],
      ['true', true],
      ['off', false],
      ['false', false],
    ]);
    refuses(name, (c) => c.database.capturesParameters, ['1', 'yes'], 'off is used');
  }
});

describe('finding trouble', () => {
  reads('FORETRACE_SLOW_QUERY', (c) => c.trouble.slowQueryMs, [
    ['200ms', 200],
    ['200', 200],
    ['1s', 1_000],
    ['1.5 S', 1_500],
    ['.5s', 500],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['0', 0],
  ]);
  refuses(
    'FORETRACE_SLOW_QUERY',
    (c) => c.trouble.slowQueryMs,
    ['-1', '1 day', 'ms', '1e3', '25d', '1000h', '1,5s'],
    'it is ignored',
  );
  reads('FORETRACE_N_PLUS_ONE', (c) => c.trouble.repeats, [
    ['2', 2],
    ['5', 5],
  ]);
  refuses('FORETRACE_N_PLUS_ONE', (c) => c.trouble.repeats, ['1', '0', 'on', '5x'], 'it is ignored');
});

describe('instrumentations', () => {
  reads('OTEL_NODE_ENABLED_INSTRUMENTATIONS', (c) => c.instrumentations.enabled, [
    ['http, pg', ['http', 'pg']],
    [',', undefined],
  ]);
  reads('OTEL_NODE_DISABLED_INSTRUMENTATIONS', (c) => c.instrumentations.disabled, [
    ['fs,dns', ['fs', 'dns']],
  ]);
  reads('OTEL_INSTRUMENTATION_COMMON_DEFAULT_ENABLED', (c) => c.instrumentations.defaultEnabled, [
    ['false', false],
  ]);
  reads('OTEL_INSTRUMENTATION_PG_ENABLED', (c) => c.instrumentations.byName, [
    ['FALSE', { PG: false }],
    ['true', { PG: true }],
  ]);
  it('warns about a switch of a library that is neither true nor false', () => {
    const read = readConfig({ OTEL_INSTRUMENTATION_PG_ENABLED: 'off' });
    expect(read.config.instrumentations.byName).toEqual({});
    expect(read.warnings).toEqual([
      'OTEL_INSTRUMENTATION_PG_ENABLED="off" is neither true nor false, it is ignored',
    ]);
  });
});

describe('of foretrace alone', () => {
  reads('FORETRACE_EXIT_TIMEOUT', (c) => c.exitTimeoutMs, [
    ['0', 0],
    ['250', 250],
  ]);
  refuses('FORETRACE_EXIT_TIMEOUT', (c) => c.exitTimeoutMs, ['-1', '1s', '2147483648'], '1000 ms is used');
  reads('FORETRACE_EXPORT_THREAD', (c) => c.thread, [
    ['on', true],
    ['OFF', false],
  ]);
  refuses('FORETRACE_EXPORT_THREAD', (c) => c.thread, ['false', '0'], 'on is used');
  reads('FORETRACE_FILE', (c) => c.file.path, [['/tmp/a b.jsonl', '/tmp/a b.jsonl']]);
  reads('FORETRACE_ROOT_CLIENT_SPANS', (c) => c.rootClientSpans, [
    ['on', true],
    ['OFF', false],
    ['pg, http', ['pg', 'http']],
  ]);
  reads('FORETRACE_PROCESS_PROPAGATION', (c) => c.carriers, [
    ['off', []],
    ['None', []],
    ['Environment', ['environment']],
    ['cluster, worker_threads', ['child_process', 'worker_threads']],
  ]);
  reads('FORETRACE_LOADER', (c) => c.esmHooks, [
    ['auto', true],
    ['Off', false],
  ]);
  refuses('FORETRACE_LOADER', (c) => c.esmHooks, ['on'], 'auto is used');
});

describe('names that are not in the table', () => {
  it.each([
    ['OTEL_SERVICE_NAMES', 'OTEL_SERVICE_NAME'],
    ['OTEL_SERIVCE_NAME', 'OTEL_SERVICE_NAME'],
    ['OTEL_TRACE_EXPORTER', 'OTEL_TRACES_EXPORTER'],
    ['OTEL_EXPORTER_OTLP_HEADER', 'OTEL_EXPORTER_OTLP_HEADERS'],
    ['FORETRACE_FILES', 'FORETRACE_FILE'],
    ['OTEL_INSTRUMENTATION_COMMON_DEFUALT_ENABLED', 'OTEL_INSTRUMENTATION_COMMON_DEFAULT_ENABLED'],
  ])('asks whether %s is %s, and never shows its value', (name, meant) => {
    const read = readConfig({ [name]: 'hunter2' });
    expect(read.warnings).toEqual([`${name} is unknown, did you mean ${meant}? It is ignored`]);
    expect(read.config).toEqual(config({}));
  });

  it('is silent about names that are three edits away, and about those of others', () => {
    expect(config({ OTEL_SERVICE_NAMEXYZ: 'x' }).resource.serviceName).toBeUndefined();
    expect(config({ OTEL_SOMETHING: 'x', PATH: '/bin', OTEL: '1', NODE_ENV: 'y' })).toEqual(config({}));
  });

  it('is silent about the variables of the specification that it has no use for', () => {
    const others = [
      'OTEL_BLRP_SCHEDULE_DELAY',
      'OTEL_BLRP_EXPORT_TIMEOUT',
      'OTEL_BLRP_MAX_QUEUE_SIZE',
      'OTEL_BLRP_MAX_EXPORT_BATCH_SIZE',
      'OTEL_LOGS_EXPORTER',
      'OTEL_METRICS_EXPORTER',
      'OTEL_METRIC_EXPORT_INTERVAL',
      'OTEL_METRIC_EXPORT_TIMEOUT',
      'OTEL_METRICS_EXEMPLAR_FILTER',
      'OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT',
      'OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT',
      'OTEL_EXPORTER_ZIPKIN_ENDPOINT',
      'OTEL_EXPORTER_ZIPKIN_TIMEOUT',
      'OTEL_EXPORTER_PROMETHEUS_HOST',
      'OTEL_EXPORTER_PROMETHEUS_PORT',
      ...['LOGS', 'METRICS'].flatMap((signal) =>
        ['ENDPOINT', 'HEADERS', 'TIMEOUT', 'COMPRESSION', 'PROTOCOL', 'CERTIFICATE'].map(
          (part) => `OTEL_EXPORTER_OTLP_${signal}_${part}`,
        ),
      ),
    ];
    expect(config(Object.fromEntries(others.map((name) => [name, 'x'])))).toEqual(config({}));
  });
});

describe('any environment', () => {
  const names = (VARIABLES as readonly Variable[]).flatMap((row) => [row.name, ...(row.aliases ?? [])]);
  const name = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...names) },
    fc.string().map((text) => `OTEL_${text}`),
    fc.string().map((text) => `OTEL_INSTRUMENTATION_${text}_ENABLED`),
    fc.constantFrom('__proto__', 'constructor', 'OTEL_SERVICE_NAMEE'),
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string(),
    fc.integer().map(String),
    fc.double().map(String),
    fc.webUrl(),
    fc.constantFrom('grpc', 'none', 'none,otlp', 'a=b,c=%', 'true', ',', '%', 'http://[', undefined),
  );

  it('is read without a throw, to a complete configuration, with at most one warning a variable', () => {
    const keys = JSON.stringify(Object.keys(config({})));
    fc.assert(
      fc.property(fc.array(fc.tuple(name, text), { maxLength: 60 }), (entries) => {
        const env = Object.fromEntries(entries);
        const { config, warnings } = readConfig(env);
        expect(JSON.stringify(Object.keys(config))).toBe(keys);
        expect(config.batch.maxExportBatchSize).toBeLessThanOrEqual(config.batch.maxQueueSize);
        expect(() => new URL(config.otlp.traces.url)).not.toThrow();
        const about = warnings.map(
          (warning) =>
            Object.keys(env)
              .filter((key) => warning.startsWith(`${key}=`) || warning.startsWith(`${key} `))
              .sort((a, b) => b.length - a.length)[0],
        );
        expect(about).not.toContain(undefined);
        expect(new Set(about).size).toBe(about.length);
      }),
      { numRuns: 500 },
    );
  });

  it('never shows the value of a secret variable', () => {
    const secrets = (VARIABLES as readonly Variable[]).filter((row) => row.secret).map((row) => row.name);
    expect(secrets).toEqual(['OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_EXPORTER_OTLP_TRACES_HEADERS']);
    const canary = 'c4n4ryc4n4ryc4n4ryc4n4ryc4n4ry12';
    const around = fc.string({ maxLength: 20 });
    fc.assert(
      fc.property(fc.constantFrom(...secrets), around, around, (secret, before, after) => {
        const { warnings } = readConfig({ [secret]: `${before}${canary}${after}` });
        expect(warnings.join('\n')).not.toContain(canary.slice(0, 8));
      }),
    );
  });

  it('shows a long value cut and on one line', () => {
    const { warnings } = readConfig({ OTEL_LOG_LEVEL: `a\n\u0007${'x'.repeat(5000)}` });
    expect(warnings).toHaveLength(1);
    expect(warnings[0].length).toBeLessThan(250);
    expect(warnings[0]).not.toContain('\n');
    expect(warnings[0]).not.toContain('\u0007');
  });
});
