import { describe, expect, it } from 'vitest';
import { inMatrix } from '../support/libraries.ts';
import { runLogs } from '../support/logs-app.ts';

const NAME = 'OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT';

describe.skipIf(inMatrix)(NAME, () => {
  it('cuts texts of attributes, nested ones too, and not those of spans', async () => {
    const { logs } = await runLogs(['attributes'], {
      [NAME]: '10',
      OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: '20',
    });
    expect(logs[0]).toMatchObject({
      body: { order: 7, lines: ['a', 2] },
      eventName: 'ordered',
      timeUnixNano: 86_400_000_000_000n,
      attributes: {
        first: 'a'.repeat(10),
        second: { nested: 'b'.repeat(10), token: 'REDACTED' },
        third: 3,
        fourth: true,
      },
    });
  });

  it('says of a value that is no number that it is none', async () => {
    const { exit, logs } = await runLogs(['attributes'], { [NAME]: '-1' });
    expect(exit.stderr).toMatch(
      /^foretrace: OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT="-1" is not an integer/,
    );
    expect(logs[0].attributes.first).toHaveLength(50);
  });
});
