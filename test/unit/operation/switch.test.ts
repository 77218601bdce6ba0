import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../../../src/context/active.ts';
import { Context, ROOT, SPAN_KEY } from '../../../src/context/context.ts';
import { HTTP, NONE } from '../../../src/context/layers.ts';
import { begin, isTraced, mayTravel, type Role } from '../../../src/operation/operation.ts';
import { startRemote } from '../../../src/operation/entry.ts';
import { startSpan } from '../../../src/operation/start.ts';
import { propagator } from '../../../src/propagate/index.ts';
import { scope } from '../../../src/trace/scope.ts';
import { CLIENT, SERVER, Span } from '../../../src/trace/span.ts';
import { DENIED, NonRecordingSpan } from '../../../src/trace/span-context.ts';
import { follow, isOff, setTracing } from '../../../src/trace/switch.ts';

const unit = scope('unit');
const get = (carrier: Record<string, string>, name: string): string | undefined => carrier[name];
const b3 = propagator(['b3', 'b3multi', 'tracecontext']);

/** The headers that go out while a request is served that came with some. */
function passedOn(headers: Record<string, string>): Record<string, string> {
  const served = startRemote(unit, '', SERVER, b3.extract(headers, get), 0);
  const context = new Context(served, undefined, undefined, NONE, undefined, undefined);
  const out: Record<string, string> = {};
  if (!mayTravel(unit, HTTP, context)) return out;
  const { t0, t1, t2, t3, s0, s1, flags, traceState } = startSpan(unit, '', CLIENT, context);
  const set = (to: typeof out, name: string, value: string): void => void (to[name] = value);
  b3.inject(out, set, t0, t1, t2, t3, s0, s1, flags, traceState, undefined);
  return out;
}

describe('tracing that is switched off', () => {
  beforeEach(() => follow(new Int32Array(new SharedArrayBuffer(4)), false));
  afterEach(() => follow(undefined));

  it('is for all who follow the same state, and can be switched on', () => {
    expect(isOff()).toBe(true);
    setTracing(true);
    expect([isOff(), startSpan(unit, '', CLIENT, ROOT) instanceof Span]).toEqual([false, true]);
  });

  it('passes on what came in as it came, whatever was decided', () => {
    const trace = '0af7651916cd43dd8448eb211c80319c';
    for (const flags of ['00', '01', '02', '03']) {
      const traceparent = `00-${trace}-b7ad6b7169203331-${flags}`;
      expect(passedOn({ traceparent, tracestate: 'a=b' })).toMatchObject({ traceparent, tracestate: 'a=b' });
    }
    for (const state of ['', '-0', '-1', '-d'])
      expect(passedOn({ b3: `${trace}-b7ad6b7169203331${state}` }).b3).toBe(
        `${trace}-b7ad6b7169203331${state}`,
      );
  });

  it('sends nothing along where nothing came, so that whoever is asked decides', () => {
    expect(passedOn({})).toEqual({});
    expect(mayTravel(unit, HTTP, ROOT)).toBe(false);
  });

  it('keeps to itself that a caller wants nothing recorded, no less than it does otherwise', () => {
    const denied = startRemote(unit, '', SERVER, DENIED, 0);
    expect(denied).toBeInstanceOf(NonRecordingSpan);
    expect(denied.flags & 1).toBe(0);
  });

  it('goes on with traces that have begun', () => {
    setTracing(true);
    const begun = startSpan(unit, 'begun', SERVER, ROOT);
    setTracing(false);
    const context = ROOT.setValue(SPAN_KEY, begun);
    expect(isTraced(unit, CLIENT, HTTP, context)).toBe(true);
    expect(startSpan(unit, '', CLIENT, context)).toBeInstanceOf(Span);
    expect(mayTravel(unit, HTTP, context)).toBe(true);
  });

  it('does not take up a request in its middle when it is switched on', () => {
    const context = ROOT.setValue(SPAN_KEY, startRemote(unit, '', SERVER, undefined, 0));
    setTracing(true);
    expect(isTraced(unit, CLIENT, HTTP, context)).toBe(false);
    expect(startSpan(unit, '', CLIENT, context)).not.toBeInstanceOf(Span);
  });

  it('does not ask what an operation is', () => {
    let asked = 0;
    const role: Role = {
      scope: unit,
      kind: CLIENT,
      layer: HTTP,
      of: () => (asked++, { name: 'x' }),
      inject: () => {},
    };
    expect([run(ROOT, () => begin(role, undefined, [])), asked]).toEqual([undefined, 0]);
    setTracing(true);
    expect([run(ROOT, () => begin(role, undefined, [])) === undefined, asked]).toEqual([false, 1]);
  });
});
