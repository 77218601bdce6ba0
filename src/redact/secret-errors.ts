import { keepFingerprint, quotesKept } from './fingerprints.ts';
import { MAX_STACK, messageEnd } from './stack.ts';

/** Errors that came from a database. Their messages quote values (`invalid input syntax for type integer: "…"`). */
const secret = new WeakSet<object>();

/**
 * Notes an error whose text stays out wherever it, or an error with its text, is recorded as an exception further up: apps make errors
 * of their own of such texts (`throw new HttpException(error.message)`).
 */
export function keepSecret(error: unknown): void {
  if (typeof error !== 'object' || error === null || secret.has(error)) return;
  secret.add(error);
  const { message, detail } = error as { message?: unknown; detail?: unknown };
  if (typeof message === 'string') keepFingerprint(message);
  // PostgreSQL: `Key (email)=(…) already exists.`
  if (typeof detail === 'string') keepFingerprint(detail);
}

/** Where libraries put the error that they pass on the text of: drizzle, TypeORM, Sequelize, mssql. */
const INNER = ['cause', 'driverError', 'originalError', 'parent'] as const;
const MAX_ERRORS = 16;

/** Whether an error, or one that it was made of, has a text that may quote values. */
export function isSecret(error: unknown): boolean {
  try {
    const seen = [error];
    for (let i = 0; i < seen.length && i < MAX_ERRORS; i++) {
      const one = seen[i];
      if (typeof one !== 'object' || one === null) {
        if (isQuoting(one)) return true;
        continue;
      }
      if (secret.has(one)) return true;
      const { message, stack } = one as { message?: unknown; stack?: unknown };
      if (quotesInput(one)) {
        if (typeof message === 'string') keepFingerprint(message);
        return true;
      }
      if (isQuoting(message) || isQuoting(restOf(stack, message))) return true;
      for (const name of INNER) {
        const inner = (one as Record<string, unknown>)[name];
        if (inner !== undefined && !seen.includes(inner)) seen.push(inner);
      }
    }
    return false;
  } catch {
    // A getter of the app's that throws.
    return true;
  }
}

/** A stack behind its message, which is searched already. */
function restOf(stack: unknown, message: unknown): unknown {
  if (typeof stack !== 'string' || typeof message !== 'string') return stack;
  const end = messageEnd(stack, message);
  return end < 0 ? stack : stack.slice(end);
}

/** Whether a text quotes one of those errors. */
export function isQuoting(text: unknown): boolean {
  return typeof text === 'string' && quotesKept(text, MAX_STACK);
}

/** What tells that an error quotes what it was given: it carries it. Read as `unknown`, since any library may mean something else. */
interface Shape {
  name?: unknown;
  message?: unknown;
  code?: unknown;
  constructor?: { name?: unknown };
  [property: string]: unknown;
}

const VALIDATION = /valid|cast|struct|assert|coer/i;
const MAX_NAME = 128;

function quotesInput(error: object): boolean {
  const e = error as Shape;
  return (
    isDatabase(e) ||
    isValidation(e) ||
    isAssertion(e) ||
    isStatement(e) ||
    isCommand(e) ||
    isParser(e) ||
    isPrisma(e)
  );
}

/** Answers of databases whose errors libraries copy or make anew. */
function isDatabase(e: Shape): boolean {
  // The promises of mysql2 before 3.20 reject with a copy of the error.
  if (typeof e.sqlState === 'string' && typeof e.sqlMessage === 'string') return true;
  // mssql makes errors of its own of the server's messages.
  if (typeof e.number === 'number' && typeof e.lineNumber === 'number') return true;
  // Elasticsearch, whose client makes its spans itself: they quote the document's fields.
  return (
    e.name === 'ResponseError' &&
    typeof (e.meta as { statusCode?: unknown } | undefined)?.statusCode === 'number'
  );
}

/** Validators: the refused value, or what was found wrong with it, is on the error. */
function isValidation(e: Shape): boolean {
  if (Array.isArray(e.issues) || typeof e.failures === 'function' || '_original' in e) return true;
  if ('value' in e && ('path' in e || 'kind' in e || 'key' in e)) return true;
  if (!isNamed(e, VALIDATION)) return false;
  return isList(e.errors) || isList(e.details) || isList(e.inner) || Array.isArray(e.validation);
}

function isList(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function isNamed(e: Shape, names: RegExp): boolean {
  const { name } = e;
  const className = e.constructor?.name;
  return (
    (typeof name === 'string' && name.length <= MAX_NAME && names.test(name)) ||
    (typeof className === 'string' && className.length <= MAX_NAME && names.test(className))
  );
}

/** Assertions that print what they compared. With a message of the app's own they don't. */
function isAssertion(e: Shape): boolean {
  return 'actual' in e && 'expected' in e && e.generatedMessage !== false;
}

/** ORMs: the statement with its values. */
function isStatement(e: Shape): boolean {
  if (typeof e.sql === 'string') return true;
  return typeof e.query === 'string' && (Array.isArray(e.params) || 'parameters' in e);
}

/** Prisma has the call in its messages, with the arguments, and what the database said. */
function isPrisma(e: Shape): boolean {
  return typeof e.clientVersion === 'string';
}

/** Programs: the command line, and what the program printed. */
function isCommand(e: Shape): boolean {
  const { message } = e;
  return typeof message === 'string' && message.startsWith('Command failed');
}

/** Parsers, which quote what they could not read. */
function isParser(e: Shape): boolean {
  const { name, message, input, body } = e;
  if (name === 'SyntaxError' && typeof message === 'string' && message.endsWith('is not valid JSON'))
    return true;
  // Of `new URL`, and of body-parser.
  return typeof input === 'string' || (name === 'SyntaxError' && typeof body === 'string');
}
