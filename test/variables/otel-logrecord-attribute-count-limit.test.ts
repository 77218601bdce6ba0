import { describe, expect, it } from 'vitest';
import { inMatrix } from '../support/libraries.ts';
import { runLogs } from '../support/logs-app.ts';

const NAME = 'OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT';

describe.skipIf(inMatrix)(NAME, () => {
  it.each([NAME, 'OTEL_ATTRIBUTE_COUNT_LIMIT'])(
    'bounds the attributes of a record, what is dropped is counted (%s)',
    async (name) => {
      const { logs } = await runLogs(['attributes'], { [name]: '2' });
      expect(Object.keys(logs[0].attributes)).toEqual(['first', 'second']);
      expect(logs[0].droppedAttributesCount).toBe(2);
    },
  );

  it('is 128 with a value that is no number, which is said', async () => {
    const { exit, logs } = await runLogs(['attributes'], { [NAME]: 'many' });
    expect(exit.stderr).toMatch(/^foretrace: OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT="many" is not an integer/);
    expect(Object.keys(logs[0].attributes)).toHaveLength(4);
  });
});
