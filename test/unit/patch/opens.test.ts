import { describe, expect, it } from 'vitest';
import { type Point, wrapperOf } from '../../../src/patch/point.ts';

/** A function that does what `original` does, with the point's wrapper around it. */
const make = <F extends Function>(point: Omit<Point, 'target'>, original: F): F =>
  wrapperOf({ target: '', ...point }, 'unit', { running: undefined })(original) as F;

describe('what a call opens', () => {
  it('is a class that is looked through once, also where the app has replaced a method since', () => {
    class Statement {
      run(): number {
        return 1;
      }
    }
    const calls: unknown[] = [];
    const before = (self: unknown): unknown => calls.push(self);
    const prepare = make({ opens: [{ target: 'constructor.prototype.run', before }] }, () => new Statement());
    const first = prepare();
    expect(first.run()).toBe(1);
    const replaced = function (): number {
      return 2;
    };
    Statement.prototype.run = replaced;
    expect(prepare().run()).toBe(2);
    expect(Statement.prototype.run).toBe(replaced);
    expect(calls).toEqual([first]);
  });

  it('is each object of its own', () => {
    const calls: unknown[] = [];
    const before = (self: unknown): unknown => calls.push(self);
    const open = make({ opens: [{ target: 'run', before }] }, () => ({ run: () => 1 }));
    const objects = [open(), open()];
    for (const object of objects) object.run();
    expect(calls).toEqual(objects);
  });

  it('may be nothing, or lack what is looked for', () => {
    const opens: Point[] = [{ target: 'constructor.prototype.run', before: () => undefined }];
    for (const value of [undefined, null, 7, 'text', {}, Object.create(null)]) {
      expect(make({ opens }, () => value)()).toBe(value);
    }
  });
});

describe('the outermost call', () => {
  const callback = (): void => undefined;
  const given = (outermost: Point['outermost']): unknown =>
    make({ outermost, ends: {} }, (one: unknown) => one)(callback);

  it('has callbacks whose calls count, where it is the outermost of all', () => {
    expect(given(true)).not.toBe(callback);
  });

  it('leaves callbacks as they are where it tells what it is about', () => {
    expect(given(() => 'a database')).toBe(callback);
  });
});
