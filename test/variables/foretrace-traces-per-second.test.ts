import { describe, expect, it } from 'vitest';
import { inMatrix } from '../support/libraries.ts';
import { startReceiver } from '../support/receiver.ts';
import { runApp } from '../support/run-app.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';

/** Spans of an app that gets requests in a burst, how long that took, and what the app said. */
async function burst(env: Record<string, string>, count: number, headers: Record<string, string> = {}) {
  const receiver = await startReceiver();
  const app = runApp({ file: 'core/manual.cjs', receiver, env });
  const url = await app.url('/plain');
  const started = performance.now();
  await Promise.all(Array.from({ length: count }, () => fetch(url, { headers })));
  const seconds = (performance.now() - started) / 1_000;
  const { stderr } = await app.stop();
  const spans = receiver.spans();
  await receiver.close();
  return { spans, seconds, stderr };
}

describe.skipIf(inMatrix)('FORETRACE_TRACES_PER_SECOND', () => {
  it('keeps so many new traces of a burst, and as many more for each second that it lasts', async () => {
    const { spans, seconds, stderr } = await burst({ FORETRACE_TRACES_PER_SECOND: '5' }, 60);
    expect(spans.length).toBeGreaterThanOrEqual(5);
    expect(spans.length).toBeLessThanOrEqual(5 + Math.ceil(seconds * 5));
    expect(stderr).toBe('');
  });

  it('does not count traces of callers that are followed', async () => {
    const headers = { traceparent: `00-${TRACE}-b7ad6b7169203331-01` };
    const { spans } = await burst({ FORETRACE_TRACES_PER_SECOND: '1' }, 20, headers);
    expect(spans).toHaveLength(20);
  });

  it('counts only what the sampler keeps, and tells no share, which is not known then', async () => {
    const none = await burst({ FORETRACE_TRACES_PER_SECOND: '5', FORETRACE_SAMPLING_RULES: '/plain=0' }, 10);
    expect(none.spans).toEqual([]);
    const { spans } = await burst(
      { FORETRACE_TRACES_PER_SECOND: '500', FORETRACE_SAMPLING_RULES: '*=0.9' },
      20,
    );
    expect(spans.length).toBeGreaterThan(0);
    expect(new Set(spans.map(({ traceState }) => traceState))).toEqual(new Set([undefined]));
    // An own decision in a caller's trace takes away what was told before.
    const headers = {
      traceparent: `00-${TRACE}-b7ad6b7169203331-03`,
      tracestate: 'vendor=1,ot=rv:ffffffffffffff;th:c',
    };
    const env = {
      FORETRACE_TRACES_PER_SECOND: '500',
      OTEL_TRACES_SAMPLER: 'traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.5',
    };
    const { spans: own } = await burst(env, 1, headers);
    expect(own).toMatchObject([{ traceId: TRACE, traceState: 'ot=rv:ffffffffffffff,vendor=1' }]);
  });

  it.each(['0', '-1', 'many', '1.5'])('says in one line that %s is no rate, all are kept', async (rate) => {
    const { spans, stderr } = await burst({ FORETRACE_TRACES_PER_SECOND: rate }, 20);
    expect(spans).toHaveLength(20);
    expect(stderr).toBe(
      `foretrace: FORETRACE_TRACES_PER_SECOND="${rate}" is not an integer from 1 to 1000000, no limit is used\n`,
    );
  });
});
