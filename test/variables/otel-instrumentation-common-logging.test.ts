import { describe, expect, it } from 'vitest';
import { inMatrix, LIBRARIES } from '../support/libraries.ts';
import { startReceiver } from '../support/receiver.ts';
import { runApp } from '../support/run-app.ts';

const PREFIX = 'OTEL_INSTRUMENTATION_COMMON_LOGGING_';
const NAMES = {
  [`${PREFIX}TRACE_ID`]: 'trace "id"',
  [`${PREFIX}SPAN_ID`]: 'span',
  [`${PREFIX}TRACE_FLAGS`]: 'flags',
};

describe.skipIf(inMatrix)(`${PREFIX}TRACE_ID, SPAN_ID and TRACE_FLAGS`, () => {
  it.each(['pino', 'winston', 'bunyan'])(
    'are the names of the ids in what the app writes (%s)',
    async (library) => {
      const receiver = await startReceiver();
      const app = runApp({
        file: 'log-export.cjs',
        args: [library],
        cwd: LIBRARIES,
        receiver,
        env: { ...NAMES, OTEL_LOGS_EXPORTER: 'otlp' },
      });
      const { code, stdout } = await app.exited;
      expect(code).toBe(0);
      const [{ traceId, spanId }] = receiver.spans();
      const line = stdout.split('\n').find((one) => one.includes('"of a child"'))!;
      expect(JSON.parse(line)).toMatchObject({ 'trace "id"': traceId, span: spanId, flags: '03' });
      expect(line).not.toContain('trace_id');
      expect(receiver.logs().find(({ body }) => body === 'of a child')!.attributes).toEqual({
        module: 'child',
        ...(library === 'bunyan' ? { name: 'kit' } : {}),
      });
      await receiver.close();
    },
  );
});
