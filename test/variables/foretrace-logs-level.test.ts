import { describe, expect, it } from 'vitest';
import { inMatrix } from '../support/libraries.ts';
import { runLogs } from '../support/logs-app.ts';

describe.skipIf(inMatrix)('FORETRACE_LOGS_LEVEL', () => {
  it('is the least severity that is sent, and that is enabled', async () => {
    const { exit, logs } = await runLogs(['levels', 'enabled'], { FORETRACE_LOGS_LEVEL: 'warn' });
    expect(exit).toMatchObject({ code: 0, stdout: '[false,true]\n', stderr: '' });
    expect(logs.map(({ body }) => body)).toEqual(['warn', 'error', 'fatal']);
  });

  it('is trace with a word that is no level, which is said', async () => {
    const { exit, logs } = await runLogs(['levels'], { FORETRACE_LOGS_LEVEL: 'loud' });
    expect(exit.stderr).toMatch(/^foretrace: FORETRACE_LOGS_LEVEL="loud" is not one of .*, trace is used\n$/);
    expect(logs).toHaveLength(6);
  });
});
