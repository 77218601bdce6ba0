import { RULES, type Rules, type SqlDialect } from '../redact/sql-dialect.ts';
import { dollarEnd, escapedEnd, quotedEnd, quoteOperatorEnd, wordEnd } from '../redact/sql-lexis.ts';

/** Statements that read and write data. Others (DDL, whose text is kept; COPY; sessions and transactions, which proxies compare) get none. */
const COMMENTED = new Set([
  'SELECT',
  'INSERT',
  'UPDATE',
  'DELETE',
  'MERGE',
  'REPLACE',
  'UPSERT',
  'WITH',
  'VALUES',
  'TABLE',
  'CALL',
  'EXEC',
  'EXECUTE',
  'DECLARE',
]);

/** Longer texts are left alone: reading them to their end would cost more than the comment is worth. */
const MAX_READ = 65_536;

const PLAIN = /^[^'"`[$#/\-;]*$/;

/**
 * Where a comment goes in a text: at its end, before semicolons there. -1 if it is to be left alone: it has a comment already (also one
 * for the optimizer), something in it is never closed, or not all of its statements read or write data.
 */
export function commentPlace(text: string, dialect: SqlDialect): number {
  const { length } = text;
  if (length > MAX_READ) return -1;
  const rules = RULES[dialect];
  // Most have neither quotes nor what could be a comment or a second statement.
  if (PLAIN.test(text)) return isCommented(text, 0, rules) ? trimmed(text, length) : -1;
  let begins = true;
  let i = 0;
  while (i < length) {
    const char = text[i];
    if (begins && char > ' ' && char !== '(' && char !== ';') {
      if (!isCommented(text, i, rules)) return -1;
      begins = false;
    }
    switch (char) {
      case "'":
        i = stringEnd(text, i, rules, dialect);
        break;
      case '"':
        i = quotedEnd(text, i + 1, '"', rules.backslashes && rules.doubleQuotes === 'string');
        break;
      case '`':
        i = rules.backticks ? quotedEnd(text, i + 1, '`', false) : i + 1;
        break;
      case '[':
        i = rules.brackets ? quotedEnd(text, i + 1, ']', false) : i + 1;
        break;
      case '$': {
        const end = rules.dollarQuotes && !isWord(text, i - 1, rules) ? dollarEnd(text, i) : -1;
        // One that is never closed ends with the text too.
        if (end === length && !isClosed(text, i)) return -1;
        i = end === -1 ? i + 1 : end;
        break;
      }
      case '/':
        if (text[i + 1] === '*') return -1;
        i++;
        break;
      case '-':
        if (text[i + 1] === '-') return -1;
        i++;
        break;
      case '#':
        if (rules.mysqlComments) return -1;
        i++;
        break;
      case ';':
        begins = true;
        i++;
        break;
      default:
        i++;
    }
    if (i > length) return -1;
  }
  let end = trimmed(text, length);
  while (text[end - 1] === ';') end = trimmed(text, end - 1);
  return end === 0 ? -1 : end;
}

function stringEnd(text: string, open: number, rules: Rules, dialect: SqlDialect): number {
  const before = (text[open - 1] ?? '').toLowerCase();
  const isPrefix = !isWord(text, open - 2, rules);
  if (before === 'e' && isPrefix && rules.dollarQuotes) return escapedEnd(text, open + 1);
  if (before === 'q' && isPrefix && dialect === 'other_sql') return quoteOperatorEnd(text, open + 1);
  return quotedEnd(text, open + 1, "'", rules.backslashes);
}

function isWord(text: string, at: number, rules: Rules): boolean {
  return at >= 0 && wordEnd(text, at, rules) > at;
}

function isClosed(text: string, open: number): boolean {
  const tag = text.slice(open, text.indexOf('$', open + 1) + 1);
  return text.length >= open + 2 * tag.length && text.endsWith(tag);
}

function isCommented(text: string, from: number, rules: Rules): boolean {
  let start = from;
  while (start < text.length && (text[start] <= ' ' || text[start] === '(')) start++;
  return COMMENTED.has(text.slice(start, wordEnd(text, start, rules)).toUpperCase());
}

function trimmed(text: string, end: number): number {
  let last = end;
  while (last > 0 && text[last - 1] <= ' ') last--;
  return last;
}
