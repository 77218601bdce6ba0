/** Exports over gRPC from a process, to a server of `@grpc/grpc-js`. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type GrpcReceiver, startGrpcReceiver } from '../support/grpc-receiver.ts';
import { inMatrix } from '../support/libraries.ts';
import { ROOT, runApp } from '../support/run-app.ts';
import { makeCertificate } from '../support/certificate.ts';

let receiver: GrpcReceiver;
beforeEach(async () => void (receiver = await startGrpcReceiver()));
afterEach(() => receiver.close());

const API = JSON.stringify(`${ROOT}node_modules/@opentelemetry/api`);
const SPAN = `require(${API}).trace.getTracer('app').startSpan('one').end();`;
const GRPC = { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' };
const INLINE = { ...GRPC, FORETRACE_EXPORT_THREAD: 'off' };

describe.skipIf(inMatrix)('over gRPC', () => {
  test.each([
    ['on a thread of its own', GRPC],
    ["on the app's thread", INLINE],
  ])('a script that ends has sent its spans (%s)', async (_, env) => {
    const exit = await runApp({ receiver, eval: SPAN, env }).exited;
    expect(exit).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(receiver.spans().map(({ name }) => name)).toEqual(['one']);
  });

  test('where threads cannot read the files of the agent (Plug’n’Play of Yarn)', async () => {
    const preload = 'data:text/javascript,process.versions.pnp="3"';
    const exit = await runApp({ receiver, eval: SPAN, env: GRPC, execArgv: ['--import', preload] }).exited;
    expect(exit).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(receiver.spans().map(({ name }) => name)).toEqual(['one']);
  });

  test("on the app's thread, beside the app's own http2 and gRPC, nothing of the export is a span", async () => {
    const app = runApp({
      receiver,
      env: INLINE,
      eval: `
        const http2 = require('node:http2');
        require(${JSON.stringify(`${ROOT}test/libraries/node_modules/@grpc/grpc-js`)});
        ${SPAN}
        const server = http2.createServer((request, response) => response.end('done'));
        server.listen(0, () => {
          const session = http2.connect('http://127.0.0.1:' + server.address().port);
          session.request({ ':path': '/own' }).on('close', () => { session.close(); setTimeout(() => console.log('{"later":true}'), 800); }).resume();
        });
      `,
    });
    // A span of an export would be exported, which would make another, and so on.
    await app.line((line) => line?.later === true);
    const { stderr } = await app.stop();
    expect(stderr).toBe('');
    expect(
      receiver
        .spans()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['GET', 'GET', 'one']);
  });

  test("on the app's thread, a collector that does not answer does not keep the process", async () => {
    receiver.answerAlways({ silent: true });
    const exit = await runApp({
      receiver,
      env: { ...INLINE, FORETRACE_EXIT_TIMEOUT: '300' },
      // The export is under way when there is nothing else to do.
      eval: `${SPAN} setTimeout(() => console.log(Math.round(process.uptime() * 1000)), 1500); process.on('exit', () => console.log(Math.round(process.uptime() * 1000)));`,
    }).exited;
    expect(receiver.calls.length).toBeGreaterThanOrEqual(1);
    const [last, exitAt] = exit.stdout.trim().split('\n').map(Number) as [number, number];
    expect(exitAt - last).toBeLessThan(1000);
  });

  test('one that nobody answers for is no reason to wait beyond the limit at the end', async () => {
    receiver.answerAlways({ silent: true });
    const exit = await runApp({
      receiver,
      env: { ...GRPC, FORETRACE_EXIT_TIMEOUT: '700' },
      eval: `${SPAN} let at; process.prependListener('exit', () => (at = performance.now())); process.on('exit', () => console.log(performance.now() - at));`,
    }).exited;
    expect(exit.code).toBe(0);
    expect(exit.stderr).toContain('1 span lost at the end of the process');
    expect(Number(exit.stdout)).toBeLessThan(700 + 1000);
  });

  test('with TLS and a client certificate', async () => {
    const own = makeCertificate();
    const [key, cert] = [Buffer.from(own.key), Buffer.from(own.cert)];
    const secure = await startGrpcReceiver({ tls: { key, cert, ca: cert } });
    const exit = await runApp({
      eval: SPAN,
      env: {
        ...GRPC,
        // Without a scheme it is encrypted.
        OTEL_EXPORTER_OTLP_ENDPOINT: `localhost:${secure.port}`,
        OTEL_EXPORTER_OTLP_CERTIFICATE: own.certFile,
        OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: own.certFile,
        OTEL_EXPORTER_OTLP_CLIENT_KEY: own.certFile.replace('cert.pem', 'key.pem'),
      },
    }).exited;
    expect(exit).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(secure.spans().map(({ name }) => name)).toEqual(['one']);
    await secure.close();
    own.remove();
  });
});
