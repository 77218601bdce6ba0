import { describe, expect, it } from 'vitest';
import { inMatrix } from '../support/libraries.ts';
import { runLogs } from '../support/logs-app.ts';

const NAME = 'OTEL_BLRP_MAX_QUEUE_SIZE';

describe.skipIf(inMatrix)(NAME, () => {
  it('bounds the records that wait, what finds no room is counted in a line', async () => {
    const env = { [NAME]: '4', OTEL_BLRP_SCHEDULE_DELAY: '60000' };
    const { exit, logs } = await runLogs(['levels'], env);
    expect(logs.map(({ body }) => body)).toEqual(['trace', 'debug', 'info', 'warn']);
    expect(exit.stderr).toContain(
      'the queue of 4 log records (OTEL_BLRP_MAX_QUEUE_SIZE) is full, 2 log records dropped so far',
    );
  });

  it('bounds the batch too, and says of a value that is no number that it is none', async () => {
    const { exit, logs, paths } = await runLogs(['levels'], {
      [NAME]: 'x',
      OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: '2',
    });
    expect(exit.stderr).toMatch(
      /^foretrace: OTEL_BLRP_MAX_QUEUE_SIZE="x" is not an integer .* 8192 is used\n$/,
    );
    expect(logs).toHaveLength(6);
    expect(paths.length).toBeGreaterThanOrEqual(3);
  });
});
