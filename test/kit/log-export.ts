/**
 * Behaviour of log export: what a logger writes is sent as it was written, by whom and in which span, and what it writes itself stays as
 * it is. A logging library costs an entry in `test/fixtures/lib/log-libraries.cjs`.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LIBRARIES } from '../support/libraries.ts';
import type { ReceivedLog } from '../support/otlp-logs.ts';
import type { ReceivedSpan } from '../support/otlp.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { type Exit, runApp } from '../support/run-app.ts';

export interface LogExportKit {
  library: string;
  /** What stands in `severityText` for info and for the custom level between info and warn, where there is one. */
  info: string;
  loud?: { text: string; severity: number };
  /** Where fields are part of the text: a logger that formats all of its arguments. */
  formatsFields?: boolean;
}

/** What differs from run to run. */
const CHANGING =
  /"time":(?:\d+|"[^"]*")|"pid":\d+|,?"?(?:trace_id|span_id|trace_flags)"?:"[0-9a-f]+"|(?<= )(?:[0-9a-f]{32} [0-9a-f]{16} 0[0-9a-f]|null null null)$|\n\s+at .*|\\n\s+at [^"]*/gm;

export function logExportKit({ library, info, loud, formatsFields = false }: LogExportKit): void {
  describe(`${library}, exported`, () => {
    let receiver: Receiver;
    let logs: ReceivedLog[];
    let span: ReceivedSpan;
    let bare: Exit;
    let exit: Exit;
    const run = (agent: 'import' | 'none', exporter: string): Promise<Exit> =>
      runApp({
        file: 'log-export.cjs',
        args: [library],
        cwd: LIBRARIES,
        agent,
        receiver,
        env: { OTEL_LOGS_EXPORTER: exporter },
      }).exited;
    const textOf = ({ body }: ReceivedLog): string => String(body);
    const log = (text: string): ReceivedLog => {
      const found = logs.filter((one) => textOf(one).startsWith(text));
      expect(found, text).toHaveLength(1);
      return found[0];
    };

    beforeAll(async () => {
      receiver = await startReceiver();
      [bare, exit] = await Promise.all([run('none', 'none'), run('import', 'otlp')]);
      logs = receiver.logs();
      [span] = receiver.spans();
    }, 60_000);
    afterAll(() => receiver.close());

    it('changes nothing of what the app writes but the ids', () => {
      expect(exit).toMatchObject({ code: 0, stderr: bare.stderr });
      // Two texts of 10 MB that differ are more than a runner can show.
      const shown = ({ stdout }: Exit): string =>
        stdout.replaceAll('x'.repeat(10_000_000), 'x…').replaceAll(CHANGING, '');
      expect(shown(exit).split('\n')).toEqual(shown(bare).split('\n'));
    });

    it('sends each record once, with severity, time, scope and the resource of the spans', () => {
      const outside = log('outside');
      expect(outside).toMatchObject({
        severityNumber: 9,
        severityText: info,
        scope: `foretrace.${library}`,
        traceId: undefined,
        spanId: undefined,
        flags: 0,
        resource: span.resource,
      });
      expect(Number(outside.timeUnixNano / 1_000_000n) - Date.now()).toBeLessThan(5_000);
      expect(Math.abs(Number(outside.observedTimeUnixNano - outside.timeUnixNano))).toBeLessThan(2e9);
      for (const text of ['fields', 'processed', 'of a child', 'with an error', 'not sampled', 'last'])
        log(text);
    });

    it('knows the span, also one that is not sampled', () => {
      const { traceId, spanId, flags } = span;
      for (const text of ['fields', 'of a child', 'with an error'])
        expect(log(text)).toMatchObject({ traceId, spanId, flags: flags & 0xff });
      expect(log('not sampled')).toMatchObject({ traceId: '1'.repeat(32), spanId: '2'.repeat(16), flags: 0 });
    });

    it('does not send what the logger has switched off', () => {
      expect(logs.filter((one) => textOf(one).includes('switched off'))).toEqual([]);
    });

    it.skipIf(formatsFields)(
      'has fields as attributes, without secrets, as the logger has processed them',
      () => {
        expect(log('fields').attributes).toMatchObject({
          a: 1,
          nested: { list: [1, -2.5, 'ü', null, true] },
          password: 'REDACTED',
        });
        expect(log('processed').attributes).toMatchObject({ kit: 'serialized' });
      },
    );

    it('has nothing of what the app itself keeps out, and no secret', () => {
      const sent = receiver.requests
        .filter(({ path }) => path.endsWith('/v1/logs'))
        .map(({ body }) => Buffer.from(body).toString('latin1'))
        .join('');
      for (const secret of [
        'token=abc',
        'abcdef1234567890abcdef',
        ...(formatsFields ? [] : ['hunter2', 'secret of the app']),
      ])
        expect(sent.includes(secret), secret).toBe(false);
      expect(log('a "quoted" text').body).toBe('a "quoted" text with ?token=REDACTED and Bearer REDACTED');
    });

    it('has the fields of child loggers', () => {
      expect(log('of a child').attributes).toMatchObject({ module: 'child' });
    });

    it('has an error as exception', () => {
      const { attributes, severityNumber } = log('with an error');
      expect(severityNumber).toBe(17);
      expect(attributes).toMatchObject({ 'exception.type': 'TypeError', 'exception.message': 'failed' });
      expect(attributes['exception.stacktrace']).toMatch(/^TypeError: failed\n {4}at /);
    });

    it.runIf(loud)('places a level of the app’s own by its number', () => {
      expect(log('custom')).toMatchObject({ severityNumber: loud!.severity, severityText: loud!.text });
    });

    it('survives records that can not be read, and bounds them', () => {
      expect(log('last').body).toBe('last');
      for (const { attributes, body } of logs)
        expect(
          JSON.stringify([attributes, body], (_, value) =>
            typeof value === 'bigint' ? String(value) : value,
          ).length,
        ).toBeLessThan(300_000);
      // What the logger itself has written is here as well.
      for (const kind of ['circle', 'large', 'deep']) log(`hostile ${kind}`);
    });
  });
}
