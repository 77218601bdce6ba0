import { guarded, type Point } from '../src/define.ts';
import { isCommenting, type SqlComment } from '../src/semconv/sql-comment.ts';

/** The comment of the call that runs now, from its beginning to its return. */
let current: SqlComment | undefined;
/** Given by the role, taken by the call that it is of. */
let given: SqlComment | undefined;

/** The answer of a driver whose calls make objects that are sent later: see {@link calling} and {@link sending}. */
export function give(_: unknown, comment: SqlComment): void {
  given = comment;
}

/** Inside of a point that traces the call: what the call makes gets its comment, and what comes after it does not. */
export const calling: Omit<Point, 'target'> = {
  when: isCommenting,
  wrap: (original) =>
    function (this: unknown) {
      const outer = current;
      current = given;
      given = undefined;
      try {
        return Reflect.apply(original, this, arguments);
      } finally {
        current = outer;
      }
    },
};

/** The comment of the call that runs now, for the first who asks. */
export function takeComment(): SqlComment | undefined {
  const comment = current;
  current = undefined;
  return comment;
}

const comments = new WeakMap<object, SqlComment>();

/** Notes that an object that a call has made is what its statement is sent by. */
export function noteComment(made: object | undefined): void {
  if (current === undefined || made === undefined) return;
  comments.set(made, current);
  current = undefined;
}

export function noted(made: object): SqlComment | undefined {
  return comments.get(made);
}

/**
 * A function that writes out at once what its object has in a property: while it runs, that has the comment too. Not longer: errors, events and
 * the object itself, which the app may have, show the text of the app. `commentOf` says
 * which, if not that which was noted.
 */
export function sending(
  name: string,
  commentOf: (object: never) => SqlComment | undefined = noted,
): Omit<Point, 'target'> {
  const begin = guarded('sql-comments', (object: Record<string, unknown>): string | undefined => {
    const text = object[name];
    const comment = commentOf(object as never);
    if (comment === undefined || typeof text !== 'string') return undefined;
    object[name] = comment.on(text);
    return text;
  });
  const end = guarded('sql-comments', (object: Record<string, unknown>, text: string) => {
    object[name] = text;
  });
  return {
    when: isCommenting,
    wrap: (original) =>
      function (this: Record<string, unknown>) {
        const text = begin(this);
        if (text === undefined) return Reflect.apply(original, this, arguments);
        try {
          return Reflect.apply(original, this, arguments);
        } finally {
          end(this, text);
        }
      },
  };
}
