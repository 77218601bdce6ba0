import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inMatrix } from '../support/libraries.ts';
import { startReceiver } from '../support/receiver.ts';
import { runApp } from '../support/run-app.ts';

// Who is recorded by which sampler is in test/process/api.samplers.test.ts.

const PARENT = 'b7ad6b7169203331';
/** Its last 56 bits are above a half. */
const HIGH = '0af7651916cd43dd84ffeb211c80319c';

describe.skipIf(inMatrix)('OTEL_TRACES_SAMPLER', () => {
  let downstream: Server;
  let target: string;
  let seen: IncomingHttpHeaders[] = [];
  beforeAll(async () => {
    downstream = createServer((req, res) => {
      seen.push(req.headers);
      res.end();
    });
    await new Promise<void>((resolve) => downstream.listen(0, '127.0.0.1', resolve));
    target = `http://127.0.0.1:${(downstream.address() as AddressInfo).port}/`;
  });
  afterAll(() => downstream.close());

  async function out(env: Record<string, string>, requests: Record<string, string>[]) {
    seen = [];
    const receiver = await startReceiver();
    const app = runApp({ file: 'core/manual.cjs', receiver, env });
    for (const headers of requests)
      await fetch(await app.url('/out'), { headers: { 'x-target': target, ...headers } });
    const { stderr } = await app.stop();
    const spans = receiver.spans();
    await receiver.close();
    return { spans, stderr, states: seen.map(({ tracestate }) => tracestate) };
  }

  it('tells the share of a ratio on all spans of a trace and in what is sent', async () => {
    const env = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.5' };
    const { spans, states } = await out(
      env,
      Array.from({ length: 16 }, () => ({})),
    );
    expect(spans.length).toBeGreaterThan(0);
    expect(spans.every(({ traceState }) => traceState === 'ot=th:8')).toBe(true);
    expect(states).toHaveLength(32);
    expect(states.filter((state) => state === 'ot=th:8')).toHaveLength((spans.length / 3) * 2);
    // What is dropped says nothing.
    expect(states.filter((state) => state === undefined)).toHaveLength(32 - (spans.length / 3) * 2);
  });

  it('writes nothing where all is kept', async () => {
    const { spans, states } = await out({}, [{}]);
    expect(spans.map(({ traceState }) => traceState)).toEqual([undefined, undefined, undefined]);
    expect(states).toEqual([undefined, undefined]);
  });

  type Passed = [flags: string, came: string, sent: string][];
  it.each<[sampler: string, passed: Passed]>([
    // A followed parent's stays, unless it contradicts the decision.
    [
      'parentbased_always_on',
      [
        ['03', 'a=1,ot=th:8', 'a=1,ot=th:8'],
        ['03', 'a=1,ot=th:fff', 'a=1'],
        ['03', 'a=1,ot=rv:10000000000000;th:8', 'ot=rv:10000000000000,a=1'],
        ['02', 'a=1,ot=th:ffff;rv:10000000000000', 'ot=rv:10000000000000,a=1'],
      ],
    ],
    // An own decision is one by the randomness of the trace.
    [
      'traceidratio',
      [
        ['02', 'a=1,ot=th:fff', 'ot=th:8,a=1'],
        ['03', 'a=1,ot=th:4;rv:70000000000000', 'ot=rv:70000000000000,a=1'],
        ['03', 'ot=rv:90000000000000', 'ot=rv:90000000000000;th:8'],
      ],
    ],
  ])('%s passes on what is known of a trace, and what it did itself: %j', async (sampler, passed) => {
    const env = {
      OTEL_TRACES_SAMPLER: sampler,
      ...(sampler === 'traceidratio' && { OTEL_TRACES_SAMPLER_ARG: '0.5' }),
    };
    const requests = passed.map(([flags, tracestate]) => ({
      traceparent: `00-${HIGH}-${PARENT}-${flags}`,
      tracestate,
    }));
    const { states, spans, stderr } = await out(env, requests);
    expect(states).toEqual(passed.flatMap(([, , sent]) => [sent, sent]));
    expect(stderr).toBe('');
    const told = passed.map(([, , sent]) => sent);
    for (const { kind, traceState } of spans) {
      // Members of others are told once, at the border.
      if (kind === 'SERVER') expect(told).toContain(traceState);
      else expect(told.map((state) => /ot=[^,]*/.exec(state)?.[0])).toContain(traceState);
    }
    const recorded = passed.filter(([flags, , sent]) =>
      sampler === 'traceidratio' ? /th:8/.test(sent) : flags === '03',
    );
    expect(spans).toHaveLength(recorded.length * 3);
  });

  it('says once that a caller’s ids may not be random where it decides by them', async () => {
    const headers = { traceparent: `00-${HIGH}-${PARENT}-00` };
    const env = { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.5' };
    const { spans, stderr } = await out(env, [headers, headers]);
    expect(spans).toHaveLength(6);
    expect(
      stderr.match(/^foretrace: a trace is sampled by its id, but its caller doesn’t say.*$/gm),
    ).toHaveLength(1);
  });

  it.each([
    [
      'jaeger_remote',
      'is not supported: no service is asked for sampling rules, FORETRACE_SAMPLING_RULES has them',
    ],
    [
      'parentbased_jaeger_remote',
      'is not supported: no service is asked for sampling rules, FORETRACE_SAMPLING_RULES has them',
    ],
    ['xray', 'is not supported: no service is asked for sampling rules, FORETRACE_SAMPLING_RULES has them'],
    [
      'sometimes',
      'is not one of always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off, parentbased_traceidratio',
    ],
  ])('says in one line that %s is not possible, and keeps all', async (sampler, line) => {
    const { spans, stderr } = await out({ OTEL_TRACES_SAMPLER: sampler }, [{}]);
    expect(spans).toHaveLength(3);
    expect(stderr).toBe(
      `foretrace: OTEL_TRACES_SAMPLER="${sampler}" ${line}, parentbased_always_on is used\n`,
    );
  });
});
