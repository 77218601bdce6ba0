import { RULES, type Rules, type SqlDialect } from './sql-dialect.ts';
import {
  AMPERSAND,
  AT,
  BACKTICK,
  BANG,
  CLASSES,
  CLOSE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  commentEnd,
  digitsEnd,
  DOLLAR,
  dollarEnd,
  DOT,
  DOUBLE_QUOTE,
  escapedEnd,
  HASH,
  isDigit,
  isLetter,
  isWordPart,
  lineEnd,
  MINUS,
  numberEnd,
  OPEN,
  OPEN_BRACKET,
  OPERATOR,
  PLUS,
  QUESTION,
  QUOTE,
  quotedEnd,
  quoteOperatorEnd,
  SEMICOLON,
  SLASH,
  SPACE,
  STAR,
  wordEnd,
} from './sql-lexis.ts';
import { SqlSummary } from './sql-summary.ts';
import {
  ACCOUNT,
  ALTER,
  AND,
  BETWEEN,
  BY,
  COMPARISON,
  CREATE,
  IDENTIFIED,
  IN,
  IS,
  LITERAL,
  NOT,
  OTHER,
  PASSWORD,
  REPLACE,
  SECRET_COMMAND,
  SELECT,
  SYSTEM,
  VALUES,
  wordAt,
} from './sql-words.ts';

export type { SqlDialect } from './sql-dialect.ts';

/** A query fit to be sent: `db.query.text` without literals and comments, and `db.query.summary`. */
export interface SanitizedSql {
  text: string;
  /** Operations and their targets; empty if none was found. At most 255 characters. */
  summary: string;
  /** Whether it has parameters (`$1`, `?`, `:name`, `@p1` in SQL Server). */
  parameterized: boolean;
}

/** Of a longer query only this many UTF-16 units are looked at and sent. */
export const MAX_SQL = 32_768;

const PLACEHOLDER = '?';
/** PostgreSQL's protocol allows 65,535 parameters: with more digits than that has, it is no parameter but a number. */
const MAX_PARAMETER_DIGITS = 5;

function truncated(query: string): string {
  if (query.length <= MAX_SQL) return query;
  const last = query.charCodeAt(MAX_SQL - 1);
  // No half of a surrogate pair.
  return query.slice(0, last >= 0xd800 && last <= 0xdbff ? MAX_SQL - 1 : MAX_SQL);
}

// The list of IN: none, an item expected, a comma or the end expected.
const NO_LIST = 0;
const ITEM = 1;
const NEXT = 2;

// IDENTIFIED BY name: the name is a password.
const NO_PASSWORD = 0;
const AFTER_IDENTIFIED = 1;
const AT_PASSWORD = 2;
const AFTER_PASSWORD = 3;

/**
 * One pass over a query: strings become parts of the text and tokens go to the summary. Every character is looked at a bounded
 * number of times, so that the time is linear in the length whatever the query is.
 */
class Scanner {
  readonly #text: string;
  readonly #rules: Rules;
  readonly #summary: SqlSummary;
  readonly #cut: boolean;
  readonly #parts: string[] = [];
  /** Where the text begins that is to be kept but is not yet among the parts. */
  #from = 0;

  /** The number of the word just before; OTHER if something else was. */
  #before = OTHER;
  #afterOperator = false;
  #isCondition = false;
  #between = false;
  #password = NO_PASSWORD;
  /** In a statement like ALTER USER, where PASSWORD is followed by one without quotes (SAP HANA). */
  #accounts = false;
  #statementBegins = true;

  #list = NO_LIST;
  #listParts = 0;
  /** For each parenthesis whether it lists values, and whether VALUES stands before it. */
  readonly #depths: number[] = [];
  #valueList = false;
  #valuesClause = false;
  #parameterized = false;

  constructor(query: string, dialect: SqlDialect) {
    this.#text = truncated(query);
    this.#cut = this.#text.length < query.length;
    this.#rules = RULES[dialect] ?? RULES.other_sql;
    this.#summary = new SqlSummary(this.#text, dialect);
  }

  scan(): SanitizedSql {
    const text = this.#text;
    const length = text.length;
    let i = 0;
    while (i < length) {
      const code = text.charCodeAt(i);
      i = code <= SPACE ? i + 1 : this.#token(i, code);
    }
    if (this.#cut && this.#list !== NO_LIST) this.#collapse(length);
    this.#keep(length);
    return {
      // Dashes that are set apart can make it longer than it was.
      text: truncated(this.#parts.join('')),
      summary: this.#summary.text,
      parameterized: this.#parameterized,
    };
  }

  /** Reads the token at `i`; its end. */
  #token(i: number, code: number): number {
    const text = this.#text;
    const rules = this.#rules;
    if (isLetter(code)) return this.#word(i);
    if (isDigit(code)) return this.#literal(i, numberEnd(text, i));
    const next = text.charCodeAt(i + 1);
    switch (code) {
      case QUOTE:
        return this.#string(i, i + 1, rules.backslashes);
      case DOUBLE_QUOTE:
        if (rules.doubleQuotes === 'string') return this.#doubleQuotedString(i);
        return this.#name(i);
      case BACKTICK:
        return rules.backticks ? this.#name(i) : this.#mark(i + 1);
      case OPEN_BRACKET:
        return rules.brackets ? this.#name(i) : this.#mark(i + 1);
      case DOT:
        return isDigit(next) ? this.#literal(i, numberEnd(text, i)) : this.#mark(i + 1);
      case PLUS:
        return this.#isSign(i, next) ? this.#literal(i, numberEnd(text, i + 1)) : this.#operator(i + 1);
      case MINUS:
        if (next === MINUS) {
          if (!rules.mysqlComments || !(text.charCodeAt(i + 2) > SPACE)) {
            return this.#drop(i, lineEnd(text, i, rules.returnEndsLine));
          }
          return this.#operator(i + 1);
        }
        return this.#isSign(i, next) ? this.#literal(i, numberEnd(text, i + 1)) : this.#operator(i + 1);
      case SLASH:
        if (next !== STAR) return this.#operator(i + 1);
        if (rules.mysqlComments && text.charCodeAt(i + 2) === BANG) {
          // Its content is carried out: it is read like the rest, and only the marks are dropped.
          let end = i + 3;
          while (end < i + 9 && isDigit(text.charCodeAt(end))) end++;
          return this.#drop(i, end);
        }
        return this.#drop(i, commentEnd(text, i, rules.nestedComments));
      case STAR:
        if (rules.mysqlComments && next === SLASH) return this.#drop(i, i + 2);
        return this.#mark(i + 1);
      case HASH:
        if (rules.mysqlComments) return this.#drop(i, lineEnd(text, i, false));
        return rules.hashIdentifiers ? this.#word(i) : this.#operator(i + 1);
      case DOLLAR:
        return this.#dollar(i, next);
      case AT:
        return rules.atIdentifiers ? this.#variable(i) : this.#operator(i + 1);
      case COLON:
        return this.#numbered(i, next, false);
      case QUESTION:
        return this.#numbered(i, next, true);
      case OPEN:
        return this.#open(i);
      case CLOSE:
        return this.#close(i);
      case COMMA:
        this.#list = this.#list === NEXT ? ITEM : NO_LIST;
        this.#passed(OTHER);
        this.#summary.comma();
        return i + 1;
      case SEMICOLON:
        this.#mark(i + 1);
        this.#summary.semicolon();
        this.#statementBegins = true;
        this.#accounts = false;
        this.#valuesClause = false;
        return i + 1;
      default:
        return CLASSES[code] === OPERATOR ? this.#operator(i + 1) : this.#mark(i + 1);
    }
  }

  /** Whether the sign at `i` belongs to the number behind it, rather than adding it to what stands right before. */
  #isSign(i: number, next: number): boolean {
    const text = this.#text;
    if (!isDigit(next) && !(next === DOT && isDigit(text.charCodeAt(i + 2)))) return false;
    if (i === this.#from) return true;
    const previous = text.charCodeAt(i - 1);
    return !(
      isWordPart(previous, this.#rules) ||
      previous === CLOSE ||
      previous === CLOSE_BRACKET ||
      previous === DOUBLE_QUOTE ||
      previous === BACKTICK
    );
  }

  /** Moves the text before `end` to the parts. */
  #keep(end: number): void {
    if (end > this.#from) this.#parts.push(this.#text.slice(this.#from, end));
    this.#from = end;
  }

  /** Leaves a comment out. */
  #drop(start: number, end: number): number {
    const text = this.#text;
    let kept = start;
    let gap = '';
    const next = end < text.length ? text.charCodeAt(end) : SPACE;
    if (start > this.#from || this.#parts.length > 0) {
      // What stood apart stays apart: a/**/b must not become one word, nor -/**/- a comment.
      const previous = start > this.#from ? text.charCodeAt(start - 1) : this.#lastCode();
      if (previous > SPACE && next > SPACE) gap = ' ';
      if (this.#rules.mysqlComments && previous === MINUS) {
        // Nor may a space where the comment was turn two signs before it into one: they are set apart.
        while (kept - 1 > this.#from && text.charCodeAt(kept - 2) === MINUS) {
          kept--;
          gap = ` -${gap}`;
        }
      }
    }
    this.#keep(kept);
    if (gap !== '') this.#parts.push(gap);
    this.#from = end;
    return end;
  }

  #lastCode(): number {
    const part = this.#parts[this.#parts.length - 1];
    return part.charCodeAt(part.length - 1);
  }

  /** After every token but comments. */
  #passed(word: number): void {
    this.#before = word;
    this.#afterOperator = false;
    this.#isCondition = word === IS || (word === NOT && this.#isCondition);
    this.#password = NO_PASSWORD;
  }

  #mark(end: number): number {
    this.#list = NO_LIST;
    this.#passed(OTHER);
    return end;
  }

  #operator(end: number): number {
    this.#mark(end);
    this.#afterOperator = true;
    return end;
  }

  /** Puts the placeholder in place of `text[start, end)`. */
  #literal(start: number, end: number): number {
    this.#keep(start);
    this.#parts.push(PLACEHOLDER);
    this.#from = Math.min(end, this.#text.length);
    return this.#value(end);
  }

  /** After a literal or a bare placeholder. */
  #value(end: number): number {
    this.#summary.literal(this.#before);
    this.#list = this.#list === ITEM ? NEXT : NO_LIST;
    const password = this.#password;
    this.#passed(OTHER);
    if (password === AT_PASSWORD) this.#password = AFTER_PASSWORD;
    return end;
  }

  /** The string whose opening quote is before `open`, with its prefix at `start`. */
  #string(start: number, open: number, backslashes: boolean): number {
    return this.#literal(start, quotedEnd(this.#text, open, "'", backslashes));
  }

  #doubleQuotedString(start: number): number {
    return this.#literal(start, quotedEnd(this.#text, start + 1, '"', this.#rules.backslashes));
  }

  #dollar(i: number, next: number): number {
    const text = this.#text;
    const rules = this.#rules;
    if (isDigit(next)) {
      if (rules.money) return this.#literal(i, numberEnd(text, i + 1));
      const end = digitsEnd(text, i + 1);
      return end - i - 1 > MAX_PARAMETER_DIGITS ? this.#mark(i + 1) : this.#parameter(end);
    }
    if (rules.dollarQuotes) {
      const end = dollarEnd(text, i);
      if (end >= 0) return this.#literal(i, end);
      // Not as one word with what follows: that may be a string with a prefix.
      return this.#mark(i + 1);
    }
    return this.#variable(i);
  }

  /** `@name`, `$name`. */
  #variable(start: number): number {
    const text = this.#text;
    let first = start + 1;
    if (text.charCodeAt(first) === AT) first++;
    if (!isLetter(text.charCodeAt(first)) && !isDigit(text.charCodeAt(first))) return this.#mark(start + 1);
    let end = first;
    while (end < text.length) {
      const code = text.charCodeAt(end);
      if (!isLetter(code) && !isDigit(code)) break;
      end++;
    }
    if (isDigit(text.charCodeAt(first)) && digitsEnd(text, first) - first > MAX_PARAMETER_DIGITS) {
      return this.#mark(first);
    }
    this.#list = NO_LIST;
    // In SQL Server a parameter; `@@name` is a setting.
    if (this.#rules.hashIdentifiers && first === start + 1) this.#parameterized = true;
    this.#summary.word(OTHER, start, end, this.#before);
    this.#passed(OTHER);
    return end;
  }

  /** `:name`, `:5`, `?5`, or the sign alone. */
  #numbered(i: number, next: number, bare: boolean): number {
    if (!bare && isLetter(next)) {
      const end = wordEnd(this.#text, i + 1, this.#rules);
      // A parameter may be called like a keyword.
      if (this.#text.charCodeAt(end) !== QUOTE) return this.#parameter(end);
    }
    if (isDigit(next) && this.#rules.numberedMarks) {
      const end = digitsEnd(this.#text, i + 1);
      if (end - i - 1 <= MAX_PARAMETER_DIGITS && !isLetter(this.#text.charCodeAt(end)))
        return this.#parameter(end);
    }
    if (!bare) return this.#mark(i + 1);
    // In PostgreSQL it is an operator.
    if (!this.#rules.dollarQuotes) this.#parameterized = true;
    return this.#value(i + 1);
  }

  #parameter(end: number): number {
    this.#parameterized = true;
    this.#summary.literal(this.#before);
    return this.#mark(end);
  }

  #open(i: number): number {
    const before = this.#before;
    this.#depths.push((this.#valueList ? 1 : 0) | (this.#valuesClause ? 2 : 0));
    this.#valueList = this.#valueList || this.#valuesClause || before === IN;
    this.#valuesClause = false;
    this.#mark(i + 1);
    this.#summary.open(before);
    if (before === IN) {
      this.#keep(i + 1);
      this.#list = ITEM;
      this.#listParts = this.#parts.length;
    }
    return i + 1;
  }

  #close(i: number): number {
    if (this.#list === NEXT) this.#collapse(i);
    this.#mark(i + 1);
    const depth = this.#depths.pop() ?? 0;
    this.#valueList = (depth & 1) !== 0;
    this.#valuesClause = (depth & 2) !== 0;
    this.#summary.close();
    return i + 1;
  }

  /** Reduces the list of IN to one placeholder; `end` is where it ends. */
  #collapse(end: number): void {
    this.#parts.length = this.#listParts;
    this.#parts.push(PLACEHOLDER);
    this.#from = end;
  }

  /** A plain word: an operator or a keyword, or the beginning of a name or of a string with a prefix. */
  #word(start: number): number {
    const text = this.#text;
    const rules = this.#rules;
    const end = wordEnd(text, start, rules);
    const next = text.charCodeAt(end);
    if (next === QUOTE || (next === AMPERSAND && text.charCodeAt(end + 1) === QUOTE)) {
      const string = this.#prefixed(start, end, next);
      if (string >= 0) return string;
    }
    if (next === DOT && !isDigit(text.charCodeAt(end + 1))) return this.#name(start);
    const word = wordAt(text, start, end);
    const password = this.#password;
    if (
      (password === AT_PASSWORD && word !== PASSWORD && word !== VALUES) ||
      (this.#accounts && this.#before === PASSWORD && word === OTHER) ||
      (word === LITERAL && rules.booleans && !this.#isCondition)
    ) {
      return this.#literal(start, end);
    }
    this.#list = NO_LIST;
    if (this.#statementBegins) {
      this.#statementBegins = false;
      this.#accounts = word === SECRET_COMMAND;
    } else if (word === ACCOUNT) {
      const before = this.#before;
      if (before === CREATE || before === ALTER || before === REPLACE || before === SYSTEM)
        this.#accounts = true;
    }
    // The values of a query are its columns, in quotes or not.
    if (word === SELECT) this.#valueList = false;
    if (word !== OTHER) this.#valuesClause = word === VALUES;
    this.#summary.word(word, start, end, this.#before);
    this.#passed(word);
    if (word === BETWEEN) {
      this.#between = true;
      this.#afterOperator = true;
    } else if (word === AND) {
      this.#afterOperator = this.#between;
      this.#between = false;
    } else if (word === COMPARISON) this.#afterOperator = true;
    else if (word === IDENTIFIED) this.#password = AFTER_IDENTIFIED;
    else if (
      (word === BY && password === AFTER_IDENTIFIED) ||
      (password === AT_PASSWORD && (word === PASSWORD || word === VALUES)) ||
      (word === REPLACE && password === AFTER_PASSWORD)
    ) {
      this.#password = AT_PASSWORD;
    }
    return end;
  }

  /** The end of a string with a prefix, N'…' for one; -1 if the word is none. */
  #prefixed(start: number, end: number, next: number): number {
    const text = this.#text;
    const rules = this.#rules;
    const length = end - start;
    const letter = text.charCodeAt(start) | 0x20;
    if (next === AMPERSAND) return length === 1 && letter === 0x75 ? this.#string(start, end + 2, false) : -1;
    if (
      rules.quoteOperator &&
      (text.charCodeAt(end - 1) | 0x20) === 0x71 &&
      (length === 1 || (length === 2 && letter === 0x6e))
    ) {
      return this.#literal(start, quoteOperatorEnd(text, end + 1));
    }
    if (length !== 1) return -1;
    if (letter === 0x65 && (rules.dollarQuotes || rules.backslashes)) {
      return this.#literal(start, escapedEnd(text, end + 1));
    }
    if (letter === 0x6e || letter === 0x62 || letter === 0x78)
      return this.#string(start, end + 1, rules.backslashes);
    return -1;
  }

  /** A name of one or more parts, each plain or in quotes. */
  #name(start: number): number {
    const text = this.#text;
    const rules = this.#rules;
    let i = start;
    let parts = 0;
    for (;;) {
      const code = text.charCodeAt(i);
      if (
        code === DOUBLE_QUOTE ||
        (code === BACKTICK && rules.backticks) ||
        (code === OPEN_BRACKET && rules.brackets)
      ) {
        if (code === DOUBLE_QUOTE && rules.doubleQuotes === 'string') break;
        const close = code === DOUBLE_QUOTE ? '"' : code === BACKTICK ? '`' : ']';
        const end = quotedEnd(text, i + 1, close, false);
        // Without an end it may be anything.
        if (end > text.length) return this.#literal(i, end);
        if (parts === 0 && this.#isQuotedValue(code, text.charCodeAt(end))) return this.#literal(i, end);
        i = end;
      } else if (isLetter(code) || (parts > 0 && isWordPart(code, rules) && !isDigit(code))) {
        const end = wordEnd(text, i, rules);
        // Not a part of the name but the prefix of a string.
        if (parts > 0 && text.charCodeAt(end) === QUOTE) break;
        i = end;
      } else break;
      parts++;
      if (text.charCodeAt(i) === DOT) {
        i++;
        // SQL Server: database..table.
        if (text.charCodeAt(i) === DOT && rules.brackets) i++;
      } else break;
    }
    if (parts === 0) return this.#mark(start + 1);
    let end = i;
    // `schema.*` and the like.
    while (text.charCodeAt(end - 1) === DOT) end--;
    this.#list = NO_LIST;
    this.#statementBegins = false;
    this.#summary.word(OTHER, start, end, this.#before);
    this.#passed(OTHER);
    return end;
  }

  /** Whether a text in double quotes is a string: SQLite takes it for one if there is no such column, SQL Server by a setting. */
  #isQuotedValue(quote: number, next: number): boolean {
    if (this.#password === AT_PASSWORD) return true;
    if (quote !== DOUBLE_QUOTE) return false;
    if (this.#before === PASSWORD) return true;
    if (this.#rules.doubleQuotes !== 'either' || next === DOT) return false;
    return this.#afterOperator || this.#valueList;
  }
}

/**
 * Replaces every literal of a query by `?`, leaves comments out (they may hold literals too), and collapses `IN` lists of literals
 * to one. Parameters (`?`, `$1`, `:name`, `@p1`) stay. Queries beyond 32,768 characters are cut. Linear in time; never throws.
 *
 * The rules err on the side of silence: what never ends, what looks like a number, and, where the dialect leaves it open whether
 * double quotes mean a string, what stands where a value would, is replaced.
 */
export function sanitizeSql(text: string, dialect: SqlDialect): SanitizedSql {
  return new Scanner(text, dialect).scan();
}

/** The `db.query.summary` of a query whose text is known to be parameterised, and is therefore sent as it is. */
export function summarizeSql(text: string, dialect: SqlDialect): string {
  return new Scanner(text, dialect).scan().summary;
}
