import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { emitter } from '../../../src/patch/ends.ts';

describe('an emitter', () => {
  const error = new Error('library');
  it.each([
    { event: 'end', given: undefined, ends: [undefined] },
    { event: 'end', given: 'a value', ends: [undefined] },
    { event: 'end', given: error, ends: [error] },
    { event: 'close', given: undefined, ends: [undefined] },
    { event: 'row', given: error, ends: [] },
  ])('ends by what it emits: $event with $given', ({ event, given, ends }) => {
    const heard: unknown[] = [];
    const made = new EventEmitter();
    emitter('end', 'close').watch?.(made, { end: (failure) => heard.push(failure) }, undefined, []);
    made.emit(event, given);
    expect(heard).toEqual(ends);
    expect(made.eventNames()).toEqual([]);
  });
});
