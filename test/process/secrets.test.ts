import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { type App, runApp } from '../support/run-app.ts';
import { describeWith } from '../support/services.ts';

/** Every form in which a secret could stand in a payload. */
function formsOf(secret: string): Buffer[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const doubled = secret.replaceAll("'", "''");
  const base64 = [0, 1, 2].map((shift) =>
    // What does not depend on the neighbours, wherever the secret stands in a longer text.
    Buffer.from('x'.repeat(shift) + secret)
      .toString('base64')
      .slice(4, -4),
  );
  return [secret, json, doubled, encodeURIComponent(secret), ...base64].map((form) => Buffer.from(form));
}

await describeWith('postgresql', 'a secret', async () => {
  await describeWith('redis', 'with Redis', () => {
    let receiver: Receiver;
    let app: App;
    beforeAll(async () => {
      receiver = await startReceiver();
      app = runApp({
        file: 'core/secrets.mjs',
        receiver,
        env: {
          OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS: 'authorization,cookie,x-api-key',
          OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_RESPONSE_HEADERS: 'set-cookie',
          OTEL_INSTRUMENTATION_HTTP_CLIENT_CAPTURE_REQUEST_HEADERS: 'authorization,cookie,x-api-key',
          OTEL_INSTRUMENTATION_HTTP_CLIENT_CAPTURE_RESPONSE_HEADERS: 'set-cookie',
        },
      });
      await app.listening();
    });
    afterAll(async () => {
      await app.stop();
      await receiver.close();
    });

    const post = async (path: string, body: string): Promise<number> => {
      const headers = { 'content-type': 'text/plain', 'x-api-key': 'none' };
      return (await fetch(await app.url(path), { method: 'POST', body, headers })).status;
    };

    /** Waits until everything so far has arrived; returns the bytes. */
    async function payload(secret: string): Promise<Buffer[]> {
      const fence = `fence${Math.random()}`;
      await fetch(await app.url(`/open?${fence}`));
      await receiver.waitFor((spans) => spans.some(({ attributes }) => attributes['url.query'] === fence));
      const bodies = receiver.requests.map(({ body }) => Buffer.from(body));
      const found = receiver.spans().filter((span) => {
        const text = JSON.stringify(span, (_, value) => (typeof value === 'bigint' ? String(value) : value));
        return formsOf(secret).some((form) => text.includes(form.toString()));
      });
      expect(found.map(({ name, attributes, events }) => ({ name, attributes, events }))).toEqual([]);
      return bodies;
    }

    const units = (text: string) => fc.constantFrom(...text);
    const secrets = fc.oneof(
      fc.string({ unit: units('abcdefghijklmnopqrstuvwxyz0123456789'), minLength: 32, maxLength: 32 }),
      fc.string({ unit: units('123456789'), minLength: 32, maxLength: 32 }),
      fc.string({ unit: units('aZ09\'\\"-;/*_'), minLength: 32, maxLength: 32 }),
      fc.string({ unit: units('äöüß€éñ漢字'), minLength: 32, maxLength: 32 }),
    );

    it('never leaves the process: not in statements, values, arguments, URLs, headers or handled errors', async () => {
      await fc.assert(
        fc.asyncProperty(secrets, async (secret) => {
          receiver.clear();
          expect(await post('/secrets', secret)).toBe(200);
          const bodies = await payload(secret);
          expect(receiver.spans().length).toBeGreaterThan(35);
          for (const form of formsOf(secret)) {
            expect(bodies.filter((body) => body.includes(form))).toEqual([]);
          }
        }),
        { numRuns: 12, endOnFailure: true },
      );
    });

    it.each(
      [
        'pg pgChanged redis pipeline sqlite recreated'.split(' '),
        'joi yup superstruct valibot zod mongoose mongooseCast assert json exec argument fetch url logged'.split(
          ' ',
        ),
      ].flat(),
    )('is not in the exception of a failed request: %s', async (kind) => {
      receiver.clear();
      const secret = 'canary0123456789abcdefghijklmnop';
      expect(await post(`/errors/${kind}`, secret)).toBe(500);
      const bodies = await payload(secret);
      for (const form of formsOf(secret)) expect(bodies.filter((body) => body.includes(form))).toEqual([]);
      const server = receiver.spans().find(({ name }) => name === 'POST /errors/:kind');
      expect(server).toMatchObject({ status: { code: 'ERROR' }, events: [{ name: 'exception' }] });
      const { attributes } = server?.events[0] ?? {};
      expect(attributes?.['exception.type']).toMatch(/^[A-Z]\w+$/);
      // What `fetch` refuses at once has no frames from Node 24 on.
      if (kind !== 'fetch' && kind !== 'url')
        expect(attributes?.['exception.stacktrace']).toMatch(/\n {4}at /);
    });
  });
});
