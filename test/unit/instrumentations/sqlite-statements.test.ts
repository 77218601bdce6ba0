import { beforeEach, describe, expect, it } from 'vitest';
import { isSecret } from '../../../src/semconv/secret-errors.ts';
import { embeddedSql } from '../../../instrumentations/sqlite-statements.ts';
import { wrapperOf } from '../../../src/patch/point.ts';
import { wrap } from '../../../src/wrap.ts';
import { collectSpans } from '../../fixtures/core/spans.ts';
import type { ReceivedSpan } from '../../support/otlp.ts';

/** A library like node:sqlite whose `all` is made of `iterate`, and whose statements are not exported. */
class Statement {
  /** What a function of the app does that the statement calls. */
  during?: () => void;
  run(): object {
    this.during?.();
    return { changes: 1 };
  }
  *iterate(): Generator<number> {
    yield 1;
    yield 2;
  }
  all(): number[] {
    return [...this.iterate()];
  }
}
class Sample {
  location(): string {
    return '/data/shop.db';
  }
  exec(_sql: unknown): void {}
  prepare(sql: string): Statement {
    if (sql.includes('wrong')) throw new Error(`near "${sql}": syntax error`);
    return new Statement();
  }
}
const { exec, prepare } = embeddedSql('unit');
const nesting = { running: undefined };
for (const [target, point] of Object.entries({ exec, prepare }))
  wrap(Sample.prototype, target as never, wrapperOf({ target, ...point }, 'unit', nesting) as never);

let spans: ReceivedSpan[];
beforeEach(() => {
  spans = collectSpans();
});
const names = () => spans.map(({ name }) => name);

describe('an embedded database', () => {
  it('traces what a function of the app queries in another database meanwhile', () => {
    const [outer, inner] = ['SELECT 1 FROM a', 'SELECT 2 FROM b'].map((sql) => new Sample().prepare(sql));
    outer.during = () => {
      inner.run();
      inner.all();
    };
    outer.run();
    expect(names().toSorted()).toEqual(['SELECT a', 'SELECT b', 'SELECT b']);
  });

  it('has a span for each execution, none for the preparation', () => {
    const statement = new Sample().prepare('SELECT * FROM notes WHERE a = 1');
    expect(names()).toEqual([]);
    statement.run();
    statement.run();
    expect(spans[0].attributes).toMatchObject({
      'db.system.name': 'sqlite',
      'db.namespace': 'shop.db',
      'db.query.text': 'SELECT * FROM notes WHERE a = ?',
    });
    expect(names()).toEqual(['SELECT notes', 'SELECT notes']);
  });

  it('has one span for a call that is made of another', () => {
    expect(new Sample().prepare('SELECT 1 FROM a').all()).toEqual([1, 2]);
    expect(names()).toEqual(['SELECT a']);
  });

  it('has the span of an iteration end with it', () => {
    const iterator = new Sample().prepare('SELECT 1 FROM a').iterate();
    iterator.next();
    expect(names()).toEqual([]);
    iterator.return(undefined);
    expect(names()).toEqual(['SELECT a']);
  });

  it('keeps the text of a failed preparation secret', () => {
    let thrown: unknown;
    try {
      new Sample().prepare('wrong secret');
    } catch (error) {
      thrown = error;
    }
    expect(isSecret(thrown)).toBe(true);
    expect(names()).toEqual([]);
  });

  it('leaves calls that are no queries to the library', () => {
    const sample = new Sample();
    for (const odd of [undefined, null, 7, {}]) sample.exec(odd);
    expect(() => (new Sample().prepare as Function)(undefined)).toThrow(TypeError);
    expect(names()).toEqual([]);
  });

  it('wraps the statements’ class once, also when the app has replaced a method since', () => {
    const sample = new Sample();
    sample.prepare('SELECT 1');
    const { run } = Statement.prototype;
    Statement.prototype.run = function () {
      return Reflect.apply(run, this, []);
    };
    const replaced = Statement.prototype.run;
    expect(sample.prepare('SELECT 2').run()).toEqual({ changes: 1 });
    expect(Statement.prototype.run).toBe(replaced);
    expect(spans).toHaveLength(1);
  });
});
