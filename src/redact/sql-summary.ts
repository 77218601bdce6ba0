import type { SqlDialect } from './sql-dialect.ts';
import {
  ACCOUNT,
  ALTER,
  APPLY,
  BEGIN,
  CALL,
  CLAUSE,
  COMMAND,
  CREATE,
  CROSS,
  DELETE,
  DISTINCT,
  DROP,
  EXEC,
  EXISTS,
  EXPLAIN,
  FROM,
  IF,
  IMMEDIATE,
  INSERT,
  INTO,
  JOIN,
  MERGE,
  MODIFIER,
  NOT,
  OBJECT,
  ON,
  OPAQUE_COMMAND,
  OR,
  OTHER,
  OUTER,
  RECURSIVE,
  REPLACE,
  ROUTINE,
  SECRET_COMMAND,
  SELECT,
  SET,
  SET_OPERATION,
  SYSTEM,
  TABLE,
  TABLE_COMMAND,
  TARGET_COMMAND,
  TOP,
  TRANSACTION,
  TRANSACTION_COMMAND,
  UPDATE,
  USING,
  VALUES,
  WITH,
} from './sql-words.ts';

/** `db.query.summary` is cut at a token so as not to be longer. */
export const MAX_SUMMARY = 255;

// What the next word is.
const ANYTHING = 0;
const TARGET = 1;
const OBJECT_TYPE = 2;
const OBJECT_NAME = 3;
const PROCEDURE = 4;
const TABLE_OR_TARGET = 5;
const TRANSACTION_OR_ANYTHING = 6;

// Where in a statement, or in a parenthesis of it, a word stands.
const INSIDE = 0;
/** First in a parenthesis that is no statement: a common table expression may start. */
const FIRST_IN_PARENTHESIS = 1;
const FIRST = 2;

// Common table expressions.
const NO_CTE = 0;
const CTE_NAME = 1;
const CTE_BODY = 2;

const AT_SIGN = 0x40;

/**
 * Follows the tokens of a query just far enough to tell its operations and their targets. A set of flags for each open
 * parenthesis; no grammar: what is not understood adds nothing.
 */
export class SqlSummary {
  text = '';
  readonly #query: string;
  /** Whether INTO may be missing after INSERT. */
  readonly #intoOptional: boolean;
  readonly #stack: number[] = [];

  // Of the parenthesis: packed into one integer for the stack.
  #operation = OTHER;
  #expected = ANYTHING;
  #position = FIRST;
  #cte = NO_CTE;
  /** Whether a comma leads to a further target. */
  #list = false;
  /** After UNION: the next SELECT is the same operation. */
  #continued = false;

  // Of the statement.
  #ctes: Set<string> | undefined;
  #ignored = false;
  /** In the definition of a routine the semicolons end nothing. */
  #ignoredToEnd = false;
  #drops = false;
  #defines = false;
  #explains = false;
  #skipNext = false;
  /** Where the alias of `DELETE alias FROM table alias` begins, which is no target once FROM comes. */
  #deleted = -1;

  #separator = ' ';
  #full = false;

  constructor(query: string, dialect: SqlDialect) {
    this.#query = query;
    this.#intoOptional = dialect === 'mysql' || dialect === 'mssql';
  }

  /** A word or a name, `query[start, end)`. `word` is its number if it is a plain word, `before` that of the word just before. */
  word(word: number, start: number, end: number, before: number): void {
    if (this.#ignored || this.#full) return;
    if (this.#skipNext) {
      this.#skipNext = false;
      return;
    }
    if (this.#expected !== ANYTHING && this.#takes(word, start, end)) return;
    if (this.#cte !== NO_CTE) {
      if (!this.#endsCtes(word, start, end)) return;
      this.#position = FIRST;
    }
    const position = this.#position;
    if (position !== INSIDE) {
      if (!this.#explains) this.#position = INSIDE;
      if (word === WITH) {
        this.#cte = CTE_NAME;
        return;
      }
      if (position === FIRST && this.#begins(word, start, end)) return;
    }
    this.#continues(word, start, end, before);
  }

  /** A literal or a placeholder. */
  literal(before: number): void {
    if (before === TOP || this.#expected === OBJECT_TYPE) return;
    this.#expected = ANYTHING;
    this.#skipNext = false;
  }

  comma(): void {
    if (this.#ignored) return;
    if (this.#cte === CTE_BODY) this.#cte = CTE_NAME;
    else if (this.#list) this.#expected = TARGET;
  }

  open(before: number): void {
    // `TOP (10)` stands between the operation and its target.
    const inherits = this.#expected === TARGET && before !== TOP;
    if (inherits) this.#expected = ANYTHING;
    const position = this.#cte === CTE_BODY || this.#position === FIRST ? FIRST : FIRST_IN_PARENTHESIS;
    const continued = this.#continued;
    this.#continued = false;
    // The WITH before was one of SQL Server's table hints.
    if (this.#cte === CTE_NAME) this.#cte = NO_CTE;
    this.#stack.push(
      this.#operation |
        (this.#expected << 8) |
        (this.#position << 12) |
        (this.#cte << 16) |
        (this.#list ? 1 << 20 : 0),
    );
    if (!inherits) this.#operation = OTHER;
    this.#expected = inherits ? TARGET : ANYTHING;
    this.#position = position;
    this.#cte = NO_CTE;
    this.#list = inherits;
    this.#continued = continued;
  }

  close(): void {
    const packed = this.#stack.pop();
    if (packed === undefined) return;
    this.#operation = packed & 0xff;
    this.#expected = (packed >>> 8) & 0xf;
    this.#position = (packed >>> 12) & 0xf;
    this.#cte = (packed >>> 16) & 0xf;
    this.#list = (packed & (1 << 20)) !== 0;
    this.#continued = false;
  }

  semicolon(): void {
    if (this.#ignoredToEnd) return;
    this.#stack.length = 0;
    this.#operation = OTHER;
    this.#expected = ANYTHING;
    this.#position = FIRST;
    this.#cte = NO_CTE;
    this.#list = false;
    this.#continued = false;
    this.#ctes = undefined;
    this.#ignored = false;
    this.#drops = false;
    this.#defines = false;
    this.#explains = false;
    this.#skipNext = false;
    this.#deleted = -1;
    if (this.text !== '') this.#separator = '; ';
  }

  #append(start: number, end: number): void {
    if (this.#full) return;
    const separator = this.text === '' ? '' : this.#separator;
    if (this.text.length + separator.length + end - start > MAX_SUMMARY) {
      this.#full = true;
      return;
    }
    this.text += separator + this.#query.slice(start, end);
    this.#separator = ' ';
  }

  /** A word where a target or the like is expected; false if it is none and has to be looked at as any other. */
  #takes(word: number, start: number, end: number): boolean {
    switch (this.#expected) {
      case TABLE_OR_TARGET:
        this.#expected = TARGET;
        this.#list = true;
        if (word === TABLE) {
          this.#append(start, end);
          return true;
        }
        return this.#takesTarget(word, start, end);
      case OBJECT_TYPE:
        return this.#takesObjectType(word, start, end);
      case OBJECT_NAME:
        // `CREATE INDEX ON table`: an index without a name goes by its table.
        if (word === IF || word === NOT || word === EXISTS || word === MODIFIER || word === ON) return true;
        this.#append(start, end);
        this.#expected = ANYTHING;
        if (this.#drops) this.#list = true;
        else this.#ignored = true;
        return true;
      case PROCEDURE:
        // `EXEC @result = name`.
        if (word === IMMEDIATE || this.#query.charCodeAt(start) === AT_SIGN) return true;
        this.#append(start, end);
        this.#expected = ANYTHING;
        return true;
      case TRANSACTION_OR_ANYTHING:
        this.#expected = ANYTHING;
        if (word !== TRANSACTION) return false;
        this.#append(start, end);
        return true;
      default:
        return this.#takesTarget(word, start, end);
    }
  }

  #takesTarget(word: number, start: number, end: number): boolean {
    switch (word) {
      case INTO:
      case MODIFIER:
      case TOP:
        return true;
      case OR:
        this.#skipNext = true;
        return true;
      case FROM:
        this.#list = true;
        return true;
      case IF:
      case EXISTS:
        if (this.#operation === OTHER) return true;
        break;
      case SELECT:
      case WITH:
      case SET_OPERATION:
        this.#expected = ANYTHING;
        return false;
      case VALUES:
      case SET:
      case CLAUSE:
        this.#expected = ANYTHING;
        this.#list = false;
        return true;
    }
    this.#expected = ANYTHING;
    if (this.#ctes?.has(this.#query.slice(start, end).toLowerCase())) return true;
    if (this.#operation === DELETE && !this.#list) this.#deleted = this.text.length;
    this.#append(start, end);
    return true;
  }

  #takesObjectType(word: number, start: number, end: number): boolean {
    if (word === TABLE || word === OBJECT || word === ROUTINE || word === ACCOUNT) {
      this.#append(start, end);
      this.#expected = OBJECT_NAME;
      if (word === ROUTINE && this.#defines) this.#ignoredToEnd = true;
    } else if (word === SYSTEM) {
      this.#append(start, end);
      this.#ignored = true;
    } else if (word === SELECT || word === SET || word === CLAUSE) {
      this.#expected = ANYTHING;
      this.#ignored = true;
    }
    return true;
  }

  /** Whether a word ends the list of common table expressions. */
  #endsCtes(word: number, start: number, end: number): boolean {
    if (this.#cte === CTE_NAME) {
      if (word === RECURSIVE) return false;
      this.#ctes ??= new Set();
      this.#ctes.add(this.#query.slice(start, end).toLowerCase());
      this.#cte = CTE_BODY;
      return false;
    }
    const ends =
      word === SELECT ||
      word === INSERT ||
      word === UPDATE ||
      word === DELETE ||
      word === MERGE ||
      word === REPLACE ||
      word === VALUES ||
      word === TABLE;
    if (ends) this.#cte = NO_CTE;
    return ends;
  }

  /** The first word of a statement; false if it is none that starts one. */
  #begins(word: number, start: number, end: number): boolean {
    let expected = ANYTHING;
    this.#list = false;
    switch (word) {
      case INSERT:
        if (this.#intoOptional) expected = TARGET;
        break;
      case UPDATE:
        expected = TARGET;
        this.#list = true;
        break;
      case DELETE:
      case MERGE:
      case REPLACE:
      case TABLE:
      case TARGET_COMMAND:
        expected = TARGET;
        break;
      case CALL:
      case EXEC:
        expected = PROCEDURE;
        break;
      case CREATE:
      case ALTER:
      case DROP:
        expected = OBJECT_TYPE;
        this.#drops = word === DROP;
        this.#defines = word !== DROP;
        break;
      case TABLE_COMMAND:
        expected = TABLE_OR_TARGET;
        break;
      case TRANSACTION_COMMAND:
        expected = TRANSACTION_OR_ANYTHING;
        break;
      case BEGIN:
        // A block of statements may follow instead.
        expected = TRANSACTION_OR_ANYTHING;
        this.#position = FIRST;
        break;
      case EXPLAIN:
        this.#append(start, end);
        this.#explains = true;
        this.#position = FIRST;
        return true;
      case OPAQUE_COMMAND:
        this.#ignored = true;
        break;
      case COMMAND:
        // The ANALYZE of EXPLAIN ANALYZE.
        if (this.#explains) return true;
        break;
      case VALUES:
      case SET:
        break;
      case SECRET_COMMAND:
        this.#ignored = true;
        return true;
      default:
        return false;
    }
    if (this.#explains) {
      this.#explains = false;
      if (word !== BEGIN) this.#position = INSIDE;
    }
    this.#append(start, end);
    this.#expected = expected;
    this.#operation =
      word === INSERT || word === UPDATE || word === DELETE || word === MERGE
        ? word
        : word === REPLACE
          ? INSERT
          : OTHER;
    return true;
  }

  /** A word inside a statement. */
  #continues(word: number, start: number, end: number, before: number): void {
    const operation = this.#operation;
    switch (word) {
      case SELECT:
        if (this.#explains) {
          this.#explains = false;
          this.#position = INSIDE;
        }
        if (!this.#continued) this.#append(start, end);
        this.#continued = false;
        this.#operation = SELECT;
        this.#list = false;
        return;
      case FROM:
        // Not the FROM of EXTRACT(… FROM …), where there is no operation, nor that of IS DISTINCT FROM.
        if (operation === OTHER || operation === INSERT || before === DISTINCT) return;
        if (operation === DELETE && this.#deleted >= 0) {
          this.text = this.text.slice(0, this.#deleted);
          this.#deleted = -1;
        }
        this.#expected = TARGET;
        this.#list = true;
        return;
      case JOIN:
        if (operation !== OTHER) {
          this.#expected = TARGET;
          this.#list = true;
        }
        return;
      case APPLY:
        if (before === CROSS || before === OUTER) this.#expected = TARGET;
        return;
      case INTO:
        if (operation === INSERT || operation === MERGE) this.#expected = TARGET;
        this.#list = false;
        return;
      case USING:
        if (operation === MERGE || operation === DELETE) this.#expected = TARGET;
        return;
      case SET_OPERATION:
        this.#continued = true;
        this.#list = false;
        return;
      case WITH:
        if (operation === INSERT) this.#cte = CTE_NAME;
        return;
      case VALUES:
      case SET:
      case CLAUSE:
        this.#list = false;
        return;
    }
  }
}
