/**
 * Errors that came from a database. Their messages quote values (`invalid input syntax for type integer: "…"`), so where such
 * an error is recorded as an exception further up, its text stays out.
 */
const secret = new WeakSet<object>();

/** The latest texts of such errors: apps make errors of their own of them (`throw new HttpException(error.message)`). */
const texts: string[] = [];
const MAX_TEXTS = 64;
let oldest = 0;

/** A shorter text has no room for a value, and is found in too much. */
const MIN_LENGTH = 16;
const MAX_LENGTH = 1_000;

export function keepSecret(error: unknown): void {
  if (typeof error !== 'object' || error === null || secret.has(error)) return;
  secret.add(error);
  const { message } = error as { message?: unknown };
  if (typeof message !== 'string' || message.length < MIN_LENGTH) return;
  const text = message.slice(0, MAX_LENGTH);
  if (texts.includes(text)) return;
  texts[oldest] = text;
  oldest = (oldest + 1) % MAX_TEXTS;
}

function quotesSecret(text: unknown): boolean {
  return typeof text === 'string' && texts.some((one) => text.includes(one));
}

/** Where libraries put the driver's error that they pass on the text of: drizzle, TypeORM, Sequelize, mssql. */
const INNER = ['cause', 'driverError', 'originalError', 'parent'] as const;
const MAX_DEPTH = 5;

export function isSecret(error: unknown): boolean {
  try {
    return isSecretWithin(error, MAX_DEPTH);
  } catch {
    // A getter of the app's that throws.
    return true;
  }
}

function isSecretWithin(error: unknown, depth: number): boolean {
  if (typeof error !== 'object' || error === null || depth === 0) return quotesSecret(error);
  if (secret.has(error) || isElastic(error) || isMysql(error) || isSqlServer(error)) return true;
  const { message, stack } = error as { message?: unknown; stack?: unknown };
  if (quotesSecret(message) || quotesSecret(stack)) return true;
  return INNER.some((name) => isSecretWithin((error as Record<string, unknown>)[name], depth - 1));
}

/** Answers of Elasticsearch, whose client makes its spans itself: they quote the document's fields. */
function isElastic(error: object): boolean {
  const { name, meta } = error as { name?: unknown; meta?: { statusCode?: unknown } };
  return name === 'ResponseError' && typeof meta?.statusCode === 'number';
}

/** The promises of mysql2 before 3.20 reject with a copy of the error. */
function isMysql(error: object): boolean {
  const { sqlState, sqlMessage } = error as { sqlState?: unknown; sqlMessage?: unknown };
  return typeof sqlState === 'string' && typeof sqlMessage === 'string';
}

/** mssql makes errors of its own of the server's messages. */
function isSqlServer(error: object): boolean {
  const { number, lineNumber } = error as { number?: unknown; lineNumber?: unknown };
  return typeof number === 'number' && typeof lineNumber === 'number';
}
