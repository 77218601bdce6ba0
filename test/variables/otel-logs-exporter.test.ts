import { describe, expect, it } from 'vitest';
import { inMatrix } from '../support/libraries.ts';
import { runLogs } from '../support/logs-app.ts';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

describe.skipIf(inMatrix)('OTEL_LOGS_EXPORTER', () => {
  it('is otlp when it is not set: records go to v1/logs, with the span they were written in', async () => {
    const { exit, logs, spans, paths } = await runLogs(['levels', 'span']);
    expect(exit).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(new Set(paths)).toEqual(new Set(['/v1/logs', '/v1/traces']));
    expect(logs.map(({ body, severityNumber }) => [body, severityNumber])).toEqual([
      ['trace', 1],
      ['debug', 5],
      ['info', 9],
      ['warn', 13],
      ['error', 17],
      ['fatal', 21],
      ['inside', 9],
    ]);
    expect(logs.at(-1)).toMatchObject({
      traceId: spans[0].traceId,
      spanId: spans[0].spanId,
      scope: 'fixture',
    });
  });

  it('sends and registers nothing with none', async () => {
    const { exit, paths } = await runLogs(['levels', 'enabled', 'span'], { OTEL_LOGS_EXPORTER: 'none' });
    expect(exit).toMatchObject({ code: 0, stdout: '[false,false]\n', stderr: '' });
    expect(new Set(paths)).toEqual(new Set(['/v1/traces']));
  });

  it('prints lines with console', async () => {
    const { exit, paths } = await runLogs(['levels'], { OTEL_LOGS_EXPORTER: 'console' });
    expect(exit).toMatchObject({ code: 0, stdout: '' });
    const lines = exit.stderr.trimEnd().split('\n');
    expect(lines).toHaveLength(6);
    expect(lines[3]).toMatch(/^\d{4}-\S+Z WARN {2}foretrace warn$/);
    expect(paths).toEqual([]);
  });

  it('shows records below their spans where both go to the console', async () => {
    const env = { OTEL_LOGS_EXPORTER: 'console', OTEL_TRACES_EXPORTER: 'console' };
    const { exit } = await runLogs(['span'], env);
    const [heading, span, log] = exit.stderr.split('\n');
    expect(heading).toMatch(/^trace .* 1 span/);
    expect(span).toContain('parent');
    expect(log).toMatch(/^ {3}• .* INFO {2}inside$/);
  });

  it('appends lines of OTLP JSON with file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'foretrace-logs-'));
    try {
      const path = join(folder, 'out.jsonl');
      const { exit } = await runLogs(['levels'], { OTEL_LOGS_EXPORTER: 'file', FORETRACE_FILE: path });
      expect(exit).toMatchObject({ code: 0, stderr: '' });
      const [{ scopeLogs }] = JSON.parse(readFileSync(path, 'utf8').split('\n')[0]).resourceLogs;
      expect(scopeLogs[0].logRecords[3]).toMatchObject({
        severityText: 'warn',
        body: { stringValue: 'warn' },
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('says what it does not know, and does what it knows', async () => {
    const { exit, logs } = await runLogs(['levels'], { OTEL_LOGS_EXPORTER: 'otlp,kafka' });
    expect(exit.stderr).toBe(
      'foretrace: OTEL_LOGS_EXPORTER="otlp,kafka" has "kafka", which is not one of otlp, console, file, none, that part is ignored\n',
    );
    expect(logs).toHaveLength(6);
  });
});
