import { channel } from 'node:diagnostics_channel';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { contextOf } from '../../../src/carriers/carried.ts';
import { belongs, belongTo, stopBelonging } from '../../../src/carriers/starter.ts';
import { active, run } from '../../../src/context/active.ts';
import { ROOT, type Context } from '../../../src/context/context.ts';

const HOUR = 3_600_000;
const ids = { t0: 1, t1: 2, t2: 3, t3: 4, s0: 5, s1: 6, flags: 1, traceState: undefined };

describe('what a process belongs to', () => {
  let starter: Context;
  beforeEach(() => {
    vi.useFakeTimers();
    starter = contextOf(ids, 'user=jo');
    belongTo(starter);
  });
  afterEach(() => {
    stopBelonging();
    vi.useRealTimers();
  });

  it('is active outside of any context, and nowhere else', () => {
    expect(active()).toBe(starter);
    expect(run(ROOT, active)).toBe(ROOT);
  });

  it('is over when a server listens', () => {
    channel('tracing:net.server.listen:asyncStart').publish({});
    expect([active(), belongs()]).toEqual([ROOT, false]);
  });

  it('is over after an hour, and not before', () => {
    vi.advanceTimersByTime(HOUR - 1);
    expect(active()).toBe(starter);
    vi.advanceTimersByTime(1);
    expect([active(), belongs()]).toEqual([ROOT, false]);
  });

  it('leaves nothing behind', () => {
    stopBelonging();
    expect(vi.getTimerCount()).toBe(0);
    expect(channel('tracing:net.server.listen:asyncStart').hasSubscribers).toBe(false);
  });
});
