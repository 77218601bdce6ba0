import { afterEach, expect, it } from 'vitest';
import { noteClosed, noteOpen, oldestOpen, type OpenEntry } from '../../../src/operation/entry.ts';

const request = (): OpenEntry => ({
  span: undefined,
  older: undefined,
  newer: undefined,
  abandon: () => {},
});

function drain(): OpenEntry[] {
  const all: OpenEntry[] = [];
  for (let one = oldestOpen(); one !== undefined; one = oldestOpen()) {
    all.push(one);
    noteClosed(one);
  }
  return all;
}

afterEach(() => drain());

it('has the requests that are open, the oldest first', () => {
  const [a, b, c, d] = [request(), request(), request(), request()];
  for (const one of [a, b, c, d]) noteOpen(one);
  noteClosed(b);
  noteClosed(d);
  expect(drain()).toEqual([a, c]);
});

it('lets go of what is closed, and closes nothing twice', () => {
  const [a, b] = [request(), request()];
  noteOpen(a);
  noteOpen(b);
  noteClosed(a);
  noteClosed(a);
  noteClosed(request());
  expect([a.older, a.newer, b.older, b.newer]).toEqual([undefined, undefined, undefined, undefined]);
  expect(drain()).toEqual([b]);
});

it('forgets the oldest beyond 10,000', () => {
  const all = Array.from({ length: 10_002 }, request);
  for (const one of all) noteOpen(one);
  expect(drain()).toEqual(all.slice(2));
});
