import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inMatrix } from '../support/libraries.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { CALLER, runSwitched } from '../support/switched-app.ts';

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver.close());

describe.skipIf(inMatrix)('FORETRACE_TRACING', () => {
  it('is off from the start, until a signal switches it on', async () => {
    const { app, ask, spansOf, said } = runSwitched(receiver, {
      env: { FORETRACE_TRACING: 'off', FORETRACE_TOGGLE_SIGNAL: 'SIGUSR2' },
    });
    expect(await ask()).not.toHaveProperty('traceparent');
    expect((await ask({ traceparent: CALLER })).traceparent).toBe(CALLER);
    app.child.kill('SIGUSR2');
    await said('tracing is on (SIGUSR2)');
    await ask({ traceparent: CALLER });
    const spans = await spansOf(3);
    expect(spans.every(({ traceId }) => traceId === CALLER.slice(3, 35))).toBe(true);
    await app.stop();
  });

  it('is on with any other word, which is worth one line', async () => {
    const { app, ask, spansOf } = runSwitched(receiver, { env: { FORETRACE_TRACING: 'perhaps' } });
    await ask();
    expect(await spansOf(3)).toHaveLength(3);
    expect((await app.stop()).stderr).toBe(
      'foretrace: FORETRACE_TRACING="perhaps" is not one of on, off, on is used\n',
    );
  });
});
