import { describe, expect, it } from 'vitest';
import { inMatrix } from '../support/libraries.ts';
import { runLogs } from '../support/logs-app.ts';

describe.skipIf(inMatrix)('FORETRACE_LOGS_CONSOLE', () => {
  it('sends what the app writes with console, which it writes all the same', async () => {
    const { exit, logs } = await runLogs(['console'], { FORETRACE_LOGS_CONSOLE: 'true' });
    expect(exit.stdout).toBe('to the console { a: 1 }\n');
    expect(exit.stderr).toMatch(/^TypeError: shown\n {4}at /);
    expect(logs).toMatchObject([
      { body: 'to the console { a: 1 }', severityNumber: 9, severityText: 'log', scope: 'foretrace.console' },
      {
        body: 'shown',
        severityNumber: 17,
        attributes: { 'exception.type': 'TypeError', 'exception.message': 'shown' },
      },
    ]);
  });

  it('sends nothing of it when it is not set', async () => {
    const { logs } = await runLogs(['console', 'levels']);
    expect(logs).toHaveLength(6);
  });

  it('is off with a value that is none, which is said', async () => {
    const { exit, logs } = await runLogs(['console'], { FORETRACE_LOGS_CONSOLE: 'perhaps' });
    expect(exit.stderr).toMatch(
      /^foretrace: FORETRACE_LOGS_CONSOLE="perhaps" is neither true nor false, false is used/,
    );
    expect(logs).toEqual([]);
  });
});
