import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inMatrix } from '../support/libraries.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { type Exit, ROOT, runApp } from '../support/run-app.ts';

const folder = mkdtempSync(join(tmpdir(), 'foretrace-yaml-'));
let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await receiver.close();
});

const PROCESSOR = `
tracer_provider:
  processors:
    - batch:
        schedule_delay: \${OTEL_BSP_SCHEDULE_DELAY}
        exporter:
          otlp_http:
            endpoint: \${OTEL_EXPORTER_OTLP_ENDPOINT}/v1/traces
`;

/** Runs an app with the file, to its end. */
async function run(
  yaml: string | undefined,
  env: Record<string, string> = {},
  how = 'once',
): Promise<Exit & { spans: ReturnType<Receiver['spans']> }> {
  receiver.clear();
  if (yaml !== undefined) writeFileSync(join(folder, 'otel.yaml'), yaml);
  const app = runApp({
    file: 'files/asks.cjs',
    args: [how],
    receiver,
    cwd: folder,
    env: { OTEL_CONFIG_FILE: yaml === undefined ? 'none.yaml' : 'otel.yaml', ...env },
  });
  const exit = await app.exited;
  expect(exit.code).toBe(0);
  return { ...exit, spans: receiver.spans() };
}

const lines = ({ stderr }: Exit): string[] => stderr.split('\n').filter((line) => line !== '');

describe.skipIf(inMatrix)('OTEL_CONFIG_FILE', () => {
  it('configures the app by the example of the documentation', async () => {
    const [, yaml] = /<!-- tried: declarative -->\n\n```yaml\n(.*?)```/s.exec(
      readFileSync(`${ROOT}docs/configuration-files.md`, 'utf8'),
    )!;
    const { stderr, spans } = await run(yaml!, {
      API_KEY: 'k$$1',
      OTEL_RESOURCE_ATTRIBUTES: 'team=checkout,replicas=9',
      OTEL_SERVICE_NAME: 'not this',
    });
    expect(stderr).toBe('');
    expect(spans.map(({ kind }) => kind).sort()).toEqual(['CLIENT', 'CLIENT', 'SERVER', 'SERVER']);
    const [{ resource }] = spans;
    expect(resource).toMatchObject({
      'service.name': 'shop',
      'deployment.environment.name': 'prod',
      replicas: 3,
      team: 'checkout',
      'process.pid': expect.anything(),
      'host.name': expect.any(String),
      'os.type': expect.any(String),
      'service.instance.id': expect.any(String),
    });
    expect(Object.keys(resource)).not.toContain('process.command_args');
    expect(Object.keys(resource)).not.toContain('process.command');
    const [request] = receiver.requests;
    expect(request!.headers).toMatchObject({ 'api-key': 'k$$1', 'content-encoding': 'gzip' });
    const served = spans.find(({ attributes }) => attributes['url.query'] !== undefined)!;
    expect(served.attributes).toMatchObject({
      'url.query': 'sig=REDACTED&page=2',
      'http.request.header.x-tenant': ['acme'],
    });
  });

  it('says its lines once, however many threads read it', async () => {
    const exit = await run(`file_format: "1.0"\ncolour: blue${PROCESSOR}`, {}, 'worker');
    expect([lines(exit), exit.spans.length]).toEqual([
      ['foretrace: otel.yaml: keys that are not known are ignored: colour'],
      4,
    ]);
  });

  it.each(['worker', 'child'])('holds for a %s too', async (how) => {
    const yaml = `file_format: "1.0"\nresource:\n  attributes: [{ name: service.name, value: yaml }]${PROCESSOR}`;
    const { stderr, spans } = await run(yaml, {}, how);
    expect([stderr, spans[0]?.resource['service.name']]).toEqual(['', 'yaml']);
  });

  it('is read by its older name, as long as the new one is unset', async () => {
    const yaml = `file_format: "1.0"\nresource:\n  attributes: [{ name: service.name, value: yaml }]${PROCESSOR}`;
    const { spans } = await run(yaml, { OTEL_CONFIG_FILE: '', OTEL_EXPERIMENTAL_CONFIG_FILE: 'otel.yaml' });
    expect(spans[0]?.resource['service.name']).toBe('yaml');
  });

  it('replaces the variables of OpenTelemetry, which is said once, and leaves foretrace’s own', async () => {
    const exit = await run(`file_format: "1.0"\npropagator:\n  composite: [b3: ]${PROCESSOR}`, {
      OTEL_SERVICE_NAME: 'ignored',
      OTEL_PROPAGATORS: 'tracecontext',
      OTEL_INSTRUMENTATION_HTTP_ENABLED: 'false',
      OTEL_METRICS_EXPORTER: 'none',
      FORETRACE_ROOT_CLIENT_SPANS: 'off',
    });
    expect(lines(exit)).toEqual([
      `foretrace: OTEL_CONFIG_FILE="otel.yaml" holds in place of OpenTelemetry's variables, ignored: ${[
        'OTEL_SERVICE_NAME',
        'OTEL_PROPAGATORS',
        'OTEL_INSTRUMENTATION_HTTP_ENABLED',
      ].join(', ')}`,
    ]);
    // The client that no request asked for is left out by the variable of foretrace.
    expect(exit.spans.map(({ kind }) => kind).sort()).toEqual(['CLIENT', 'SERVER', 'SERVER']);
    expect(new Set(exit.spans.map(({ traceId }) => traceId)).size).toBe(1);
    expect(exit.spans[0]!.resource['service.name']).not.toBe('ignored');
    expect(Object.keys(exit.spans[0]!.resource)).not.toContain('host.name');
  });

  it('sets what the schema has no place for below distribution.foretrace, over the variable', async () => {
    const yaml = `file_format: "1.0"\ndistribution:\n  foretrace:\n    root_client_spans: [pg]\n    node_disabled_instrumentations: [undici]${PROCESSOR}`;
    const { stderr, spans } = await run(yaml, { FORETRACE_ROOT_CLIENT_SPANS: 'on' });
    expect([stderr, spans.map(({ kind }) => kind).sort()]).toEqual(['', ['CLIENT', 'SERVER', 'SERVER']]);
  });

  it('names values that are wrong by their places, unknown keys in one line, what is not supported in another', async () => {
    const yaml = `file_format: "1.7"
colour: blue
attribute_limits: [1]
meter_provider:
  readers: []${PROCESSOR}            compression: zip
            retries: 3
            headers_list: "a;secret"
    - batch: { exporter: { otlp_grpc: { endpoint: "http://localhost:4317" } } }
    - simple: { exporter: { zipkin: } }
  limits: { event_count_limit: many }
instrumentation/development:
  js:
    htp: { enabled: false }
    http: { colour: blue, enabled: perhaps }
`;
    const exit = await run(yaml);
    const otlp = 'tracer_provider.processors[0].batch.exporter.otlp_http';
    expect(lines(exit).map((line) => line.replace('foretrace: otel.yaml: ', ''))).toEqual([
      'its file_format 1.7 is newer than 1.1',
      `keys that are not known are ignored: colour, ${otlp}.retries, ${[
        'tracer_provider.processors[2].simple.exporter.zipkin',
        'instrumentation/development.js.http.colour',
      ].join(', ')}`,
      'what is not of the form that the schema has is ignored: attribute_limits (a map)',
      `not supported: meter_provider (no metrics are sent), ${[
        'tracer_provider.processors[1].batch.exporter.otlp_grpc (nothing is sent by it, as gRPC is not spoken: ',
        'otlp_http is, on port 4318 of a collector)',
      ].join('')}`,
      'tracer_provider.limits.event_count_limit="many" is not an integer from 0 to 2147483647, 128 is used',
      `${otlp}.headers_list has no key=value in entry 1, it is ignored`,
      `${otlp}.compression="zip" is not one of none, gzip, none is used`,
      'instrumentation/development.js.http.enabled="perhaps" is neither true nor false, it is ignored',
      expect.stringContaining(
        'OTEL_INSTRUMENTATION_HTP_ENABLED is unknown, did you mean OTEL_INSTRUMENTATION_HTTP_ENABLED',
      ),
    ]);
    expect(exit.spans).toHaveLength(4);
    expect(exit.stderr).not.toContain('secret');
  });

  it.each<[title: string, yaml: string | undefined, line: string]>([
    ['is missing', undefined, 'none.yaml cannot be read (ENOENT)'],
    [
      'is no YAML',
      'file_format: "1.0"\nheaders: [api-key: secret\n',
      'otel.yaml is not valid YAML (BAD_INDENT, line 3, column 1)',
    ],
    [
      'refers to what is no variable',
      `file_format: "1.0"\nlog_level: "\${secret:?needed}"\n`,
      'otel.yaml has a ${…} that names no variable (line 2, column 12)',
    ],
    [
      'has no file_format',
      'log_level: info',
      'otel.yaml has no file_format, so it is no declarative configuration',
    ],
    [
      'is of another version',
      'file_format: "0.4"',
      'otel.yaml has the file_format "0.4", and only 1.x is known',
    ],
  ])('leaves the app untraced when the file %s, and says where', async (_, yaml, line) => {
    const exit = await run(yaml);
    expect([lines(exit), exit.spans]).toEqual([
      [`foretrace: OTEL_CONFIG_FILE: ${line}, the app runs without tracing`],
      [],
    ]);
  });

  it('leaves the app untraced when it says so, or has nobody to send spans to', async () => {
    const disabled = await run(`file_format: "1.0"\ndisabled: \${OFF:-true}${PROCESSOR}`);
    expect([disabled.stderr, disabled.spans]).toEqual(['', []]);
    const none = await run('file_format: "1.0"', {
      OTEL_EXPORTER_OTLP_ENDPOINT: '',
      OTEL_BSP_SCHEDULE_DELAY: '',
    });
    expect([none.spans, lines(none)]).toEqual([
      [],
      [
        'foretrace: otel.yaml: nothing is traced, as tracer_provider.processors has no exporter that foretrace has',
      ],
    ]);
  });

  it('does not hold against OTEL_SDK_DISABLED=true in the environment', async () => {
    const exit = await run(`file_format: "1.0"\ndisabled: false${PROCESSOR}`, { OTEL_SDK_DISABLED: 'true' });
    expect([exit.stderr, exit.spans]).toEqual(['', []]);
  });
});
