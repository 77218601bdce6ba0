import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inMatrix } from '../support/libraries.ts';
import { runsOf } from '../support/run-once.ts';

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U';
const TEXT = `ada@example.com, +49 30 901820, 4111 1111 1111 1111, ghp_0123456789abcdefghij, ${JWT}, DE89 3704 0044 0532 0130 00`;
const MASKED = '[email], [phone], [card], [token], [jwt], [iban]';
/** Of errors, tokens are replaced in any case. */
const OF_ERROR = '[email], [phone], [card], REDACTED, REDACTED, [iban]';
const NONE = /ada@example|901820|4111 1111|ghp_|eyJ|3704/;

describe.skipIf(inMatrix)('FORETRACE_MASK', () => {
  const run = runsOf('core/privacy.mjs');
  const all = { FORETRACE_MASK: 'email,phone,card,token,jwt,iban', PRIVACY_TEXT: TEXT };

  it('unset, leaves every text as it is', async () => {
    const { spans, lines, stdout } = await run({ PRIVACY_TEXT: TEXT });
    const own = spans.find(({ name }) => name === `name ${TEXT}`)!;
    expect(own.attributes).toMatchObject({ text: TEXT, list: ['x', TEXT] });
    expect(own.status.message).toMatch(
      /^status ada@example\.com, \+49 30 901820, 4111 1111 1111 1111, .*DE89 3704 0044/,
    );
    expect([lines, stdout]).toEqual([[], 'done\n']);
  });

  it.each<[string, Record<string, string>]>([
    ['on the export thread', {}],
    ['on the thread of the app', { FORETRACE_EXPORT_THREAD: 'off' }],
    ['as JSON', { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }],
  ])(
    'masks what it lists in names, attributes, lists, maps, events, links and status messages: %s',
    async (_, env) => {
      const { spans, lines, stdout } = await run({ ...all, ...env });
      expect([lines, stdout]).toEqual([[], 'done\n']);
      const own = spans.find(({ name }) => name.startsWith('name '))!;
      expect(own.name).toBe(`name ${MASKED}`);
      expect(own.status).toEqual({ code: 'ERROR', message: `status ${OF_ERROR}` });
      expect(own.attributes).toMatchObject({
        text: MASKED,
        list: ['x', MASKED],
        map: { inner: { list: [MASKED] }, [`key ${MASKED}`]: true },
      });
      expect(own.links).toMatchObject([
        { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', attributes: { text: MASKED } },
      ]);
      expect(own.events).toMatchObject([
        { name: `event ${MASKED}`, attributes: { text: MASKED } },
        {
          name: 'exception',
          attributes: { 'exception.message': expect.stringContaining('[email], [phone], [card]') },
        },
      ]);
      // A number is no text, and the name of an attribute no data.
      expect(own.attributes.number).toBe(4111111111111111);
      expect(own.attributes[`key ${TEXT}`]).toBe(1);
      const values = JSON.stringify(spans, (name, value) =>
        name === `key ${TEXT}` || name === 'attributeTypes' || typeof value === 'bigint' ? undefined : value,
      ).replaceAll(`"key ${TEXT}"`, '');
      expect(values).not.toMatch(NONE);
    },
  );

  it('masks what is percent-encoded in URLs, and nothing else in them', async () => {
    const { spans } = await run({ FORETRACE_MASK: 'email', PRIVACY_TEXT: TEXT });
    const servers = spans.filter(({ kind }) => kind === 'SERVER');
    expect(servers.map(({ attributes }) => attributes['url.query'])).toEqual(
      Array.from({ length: 4 }, () => 'customer=[email]&plain&Page=2&token=REDACTED&own=s3cret'),
    );
    const clients = spans.filter(({ kind }) => kind === 'CLIENT');
    expect(clients).toHaveLength(4);
    for (const { attributes } of clients) {
      expect(attributes['url.full']).toMatch(
        /^http:\/\/127\.0\.0\.1:\d+\/orders\?customer=\[email\]&plain&Page=2/,
      );
    }
    const own = spans.find(({ name }) => name.startsWith('name '))!;
    expect(own.name).toBe(`name ${TEXT.replace('ada@example.com', '[email]')}`);
  });

  it('changes nothing else: ids, times, kinds and numbers are those of a run without', async () => {
    const shape = (spans: Awaited<ReturnType<typeof run>>['spans']): unknown =>
      spans.map(({ kind, attributes, events, links, status }) => [
        kind,
        Object.keys(attributes).sort(),
        Object.values(attributes).map((value) => typeof value),
        events.map(({ attributes }) => Object.keys(attributes).sort()),
        links.length,
        status.code,
      ]);
    const [without, masked] = [await run({ PRIVACY_TEXT: TEXT }), await run(all)];
    expect(masked.spans).toHaveLength(9);
    expect(shape(masked.spans)).toEqual(shape(without.spans));
    for (const span of masked.spans) {
      expect(span.traceId).toMatch(/^[0-9a-f]{32}$/);
      expect(span.endTimeUnixNano).toBeGreaterThan(span.startTimeUnixNano);
    }
  });

  it('is obeyed by the exporters console and file', async () => {
    const console = await run({ ...all, OTEL_TRACES_EXPORTER: 'console', NO_COLOR: '1' });
    expect(console.stderr).toContain('name [email], [phone], [card], [token]');
    expect(console.stderr).not.toMatch(NONE);
    const folder = mkdtempSync(join(tmpdir(), 'foretrace-mask-'));
    const FORETRACE_FILE = join(folder, 'traces.jsonl');
    await run({ ...all, OTEL_TRACES_EXPORTER: 'file', FORETRACE_FILE });
    const written = readFileSync(FORETRACE_FILE, 'utf8');
    rmSync(folder, { recursive: true });
    expect(written).toContain(`"name ${MASKED}"`);
    expect(written.replaceAll(`key ${TEXT}`, '')).not.toMatch(NONE);
  });

  it('masks what a limit has cut in the middle', async () => {
    const { spans } = await run({
      ...all,
      OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '9',
      PRIVACY_TEXT: 'x ada@example.com',
    });
    const own = spans.find(({ name }) => name.startsWith('name '))!;
    expect(own.attributes).toMatchObject({ text: 'x [email]', list: ['x', 'x [email]'] });
  });

  it('names what it does not know in one line, and masks the rest', async () => {
    const { spans, lines } = await run({
      FORETRACE_MASK: 'email,ssn,names',
      PRIVACY_TEXT: 'ada@example.com',
    });
    expect(lines).toEqual([
      'foretrace: FORETRACE_MASK="email,ssn,names" has "ssn,names", which is not one of email, phone, card, token, jwt, iban, none, that part is ignored',
    ]);
    expect(spans.map(({ name }) => name)).toContain('name [email]');
  });
});
