import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inMatrix } from '../support/libraries.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { type Exit, ROOT, runApp } from '../support/run-app.ts';

const folder = mkdtempSync(join(tmpdir(), 'foretrace-variables-'));
let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await receiver.close();
});

async function run(
  text: string,
  env: Record<string, string> = {},
  how = 'once',
): Promise<Exit & { spans: ReturnType<Receiver['spans']> }> {
  receiver.clear();
  writeFileSync(join(folder, 'foretrace.env'), text);
  const app = runApp({
    file: 'files/asks.cjs',
    args: [how],
    receiver,
    cwd: folder,
    env: { FORETRACE_CONFIG_FILE: 'foretrace.env', ...env },
  });
  const exit = await app.exited;
  expect(exit.code).toBe(0);
  return { ...exit, spans: receiver.spans() };
}

const lines = ({ stderr }: Exit): string[] => stderr.split('\n').filter((line) => line !== '');

describe.skipIf(inMatrix)('FORETRACE_CONFIG_FILE', () => {
  it('says what variables say, by the example of the documentation, and the environment wins', async () => {
    const [, text] = /<!-- tried: variables -->\n\n```sh\n(.*?)```/s.exec(
      readFileSync(`${ROOT}docs/configuration-files.md`, 'utf8'),
    )!;
    const { stderr, spans } = await run(text!, { OTEL_TRACES_SAMPLER_ARG: '1' });
    expect([stderr, spans.length]).toEqual(['', 4]);
    expect(spans[0]!.resource).toMatchObject({
      'service.name': 'shop',
      'deployment.environment.name': 'prod',
      team: 'checkout',
    });
    const served = spans.find(({ attributes }) => attributes['url.query'] !== undefined)!;
    expect(served.attributes['http.request.header.x-tenant']).toEqual(['acme']);
    // The file's 0 is read where the environment is silent.
    const none = await run('OTEL_TRACES_SAMPLER=traceidratio\nOTEL_TRACES_SAMPLER_ARG=0', {
      OTEL_TRACES_SAMPLER_ARG: ' ',
    });
    expect([none.stderr, none.spans]).toEqual(['', []]);
  });

  it.each(['worker', 'child'])('holds for a %s too', async (how) => {
    const { stderr, spans } = await run('OTEL_SERVICE_NAME=shop', {}, how);
    expect([stderr, spans[0]?.resource['service.name']]).toEqual(['', 'shop']);
  });

  it('gives way to the environment under whichever name that has a variable', async () => {
    const { stderr, spans } = await run('OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS=x-tenant', {
      OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST: 'accept',
    });
    expect(stderr).toBe('');
    expect(spans.flatMap(({ attributes }) => Object.keys(attributes))).not.toContain(
      'http.request.header.x-tenant',
    );
  });

  it('adds nothing to the environment of the app, whatever else is in the file', async () => {
    writeFileSync(join(folder, 'app.env'), 'DATABASE_URL=postgres://u:secret@h/db\nOTEL_SERVICE_NAME=shop\n');
    const { stdout, stderr } = await runApp({
      eval: 'console.log(process.env.DATABASE_URL, process.env.OTEL_SERVICE_NAME)',
      env: { FORETRACE_CONFIG_FILE: 'app.env', OTEL_TRACES_EXPORTER: 'none' },
      cwd: folder,
    }).exited;
    expect([stdout, stderr]).toEqual(['undefined undefined\n', '']);
  });

  it('says what is wrong in it, with the file, and keeps secrets', async () => {
    const exit = await run(
      'OTEL_BSP_EXPORT_TIMEOUT=soon\nOTEL_SERVICE_NAM=shop\nOTEL_EXPORTER_OTLP_HEADERS="api-key: secret"\n',
    );
    expect(lines(exit)).toEqual([
      'foretrace: foretrace.env: OTEL_BSP_EXPORT_TIMEOUT="soon" is not an integer from 0 to 2147483647, 30000 ms is used',
      'foretrace: foretrace.env: OTEL_EXPORTER_OTLP_HEADERS has no key=value in entry 1, it is ignored',
      'foretrace: foretrace.env: OTEL_SERVICE_NAM is unknown, did you mean OTEL_SERVICE_NAME? It is ignored',
    ]);
    expect(exit.spans).toHaveLength(4);
  });

  it('that is missing is worth one line, and the environment alone holds', async () => {
    const exit = await run('', { FORETRACE_CONFIG_FILE: 'none.env', OTEL_SERVICE_NAME: 'shop' });
    expect(lines(exit)).toEqual([
      'foretrace: FORETRACE_CONFIG_FILE: none.env cannot be read (ENOENT), the environment alone holds',
    ]);
    expect(exit.spans[0]!.resource['service.name']).toBe('shop');
  });

  it('may switch tracing off, and name the declarative file', async () => {
    const disabled = await run('OTEL_SDK_DISABLED=true');
    expect([disabled.stderr, disabled.spans]).toEqual(['', []]);
    writeFileSync(
      join(folder, 'otel.yaml'),
      'file_format: "1.0"\nresource: { attributes: [{ name: service.name, value: "${NAME}" }] }\n' +
        'tracer_provider: { processors: [{ simple: { exporter: { otlp_http: { endpoint: "${TO}/v1/traces" } } } }] }\n',
    );
    const declared = await run(`OTEL_CONFIG_FILE=otel.yaml\nNAME=shop\nTO=${receiver.url}`, {
      OTEL_EXPORTER_OTLP_ENDPOINT: '',
      OTEL_BSP_SCHEDULE_DELAY: '',
    });
    expect([declared.stderr, declared.spans[0]?.resource['service.name']]).toEqual(['', 'shop']);
  });
});
