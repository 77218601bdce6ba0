import { basename, dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Certificate, makeCertificate } from '../support/certificate.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { ROOT, runApp } from '../support/run-app.ts';

describe('a collector with a certificate of its own', () => {
  let certificate: Certificate;
  let receiver: Receiver;
  beforeAll(async () => {
    certificate = makeCertificate();
    receiver = await startReceiver({ tls: certificate });
  });
  afterAll(async () => {
    await receiver.close();
    certificate.remove();
  });

  const span = `require(${JSON.stringify(`${ROOT}node_modules/@opentelemetry/api`)}).trace.getTracer('app').startSpan('one').end();`;

  test.each<[string, string, Record<string, string>]>([
    ['is known by a relative path, whatever the app does to its working directory', 'CERTIFICATE', {}],
    ['is trusted as it is with NODE_TLS_REJECT_UNAUTHORIZED=0', '', { NODE_TLS_REJECT_UNAUTHORIZED: '0' }],
  ])('%s', async (_, variable, env) => {
    receiver.clear();
    const exit = await runApp({
      receiver,
      cwd: dirname(certificate.certFile),
      eval: `process.chdir('/'); ${span}`,
      env: {
        ...(variable && { [`OTEL_EXPORTER_OTLP_${variable}`]: basename(certificate.certFile) }),
        ...env,
      },
    }).exited;
    expect(exit).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(receiver.spans().map(({ name }) => name)).toEqual(['one']);
  });
});
