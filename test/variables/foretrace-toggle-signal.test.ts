import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inMatrix } from '../support/libraries.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { runApp } from '../support/run-app.ts';
import { CALLER, runSwitched } from '../support/switched-app.ts';

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver.close());

// Windows has no such signals.
describe.skipIf(inMatrix || process.platform === 'win32')('FORETRACE_TOGGLE_SIGNAL', () => {
  it('switches tracing off and on again, each with one line', async () => {
    const { app, ask, spansOf, said } = runSwitched(receiver, { env: { FORETRACE_TOGGLE_SIGNAL: 'usr2' } });
    expect((await ask({ traceparent: CALLER })).traceparent).not.toBe(CALLER);
    expect(await spansOf(3)).toHaveLength(3);
    app.child.kill('SIGUSR2');
    await said('foretrace: tracing is off (SIGUSR2)\n');
    // What came in goes on as it came, and nothing where nothing came.
    expect(await ask({ traceparent: CALLER, tracestate: 'vendor=x', baggage: 'k=v' })).toMatchObject({
      traceparent: CALLER,
      tracestate: 'vendor=x',
      baggage: 'k=v',
    });
    expect(await ask()).not.toHaveProperty('traceparent');
    app.child.kill('SIGUSR2');
    await said('foretrace: tracing is on (SIGUSR2)\n');
    await ask();
    // Had the two requests in between been traced, their spans would come before these.
    const spans = await spansOf(3);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    expect((await app.stop()).stderr.match(/\n/g)).toHaveLength(2);
  });

  it('is heard by the listeners of the app too, and by worker threads', async () => {
    const app = runApp({
      file: 'files/asks.cjs',
      args: ['threads'],
      receiver,
      env: { FORETRACE_TOGGLE_SIGNAL: 'SIGUSR2' },
    });
    expect(await app.line(({ traceparent }) => traceparent !== undefined)).toMatchObject({ heard: 0 });
    app.child.kill('SIGUSR2');
    expect(await app.line(({ traceparent }) => traceparent === undefined)).toMatchObject({ heard: 1 });
    app.child.kill('SIGUSR2');
    expect(await app.line(({ traceparent }) => traceparent !== undefined)).toMatchObject({ heard: 2 });
    await app.stop('SIGKILL');
    receiver.clear();
  });

  it('installs no listener when it is unset', async () => {
    const counts = async (env: Record<string, string>): Promise<string> => {
      const code = "console.log(process.listenerCount('SIGUSR2'))";
      return (await runApp({ eval: code, env: { OTEL_TRACES_EXPORTER: 'none', ...env } }).exited).stdout;
    };
    expect([await counts({}), await counts({ FORETRACE_TOGGLE_SIGNAL: 'SIGUSR2' })]).toEqual(['0\n', '1\n']);
  });

  it.each([
    ['SIGUSR1', 'is not supported: Node starts its debugger with it'],
    ['SIGKILL', 'is not supported: no process can catch it'],
    ['SIGTERM', 'is not supported: it ends processes'],
    ['SIGNAL', 'is not one of SIGUSR2, SIGALRM, SIGCONT, SIGIO, SIGPWR, SIGWINCH'],
  ])('refuses %s with one line', async (signal, why) => {
    const { code, stderr, stdout } = await runApp({
      eval: 'console.log(process.eventNames().filter((name) => /^SIG/.test(name)).length)',
      env: { FORETRACE_TOGGLE_SIGNAL: signal, OTEL_TRACES_EXPORTER: 'none' },
    }).exited;
    expect([code, stdout, stderr]).toEqual([
      0,
      '0\n',
      `foretrace: FORETRACE_TOGGLE_SIGNAL="${signal}" ${why}, it is ignored\n`,
    ]);
  });
});
