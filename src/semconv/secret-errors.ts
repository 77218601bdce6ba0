/**
 * Errors that came from a database. Their messages quote values (`invalid input syntax for type integer: "…"`), so where such
 * an error is recorded as an exception further up, its text stays out.
 */
const secret = new WeakSet<object>();

export function keepSecret(error: unknown): void {
  if (typeof error === 'object' && error !== null) secret.add(error);
}

export function isSecret(error: unknown): boolean {
  return typeof error === 'object' && error !== null && (secret.has(error) || isElastic(error));
}

/** Answers of Elasticsearch, whose client makes its spans itself: they quote the document's fields. */
function isElastic(error: object): boolean {
  const { name, meta } = error as { name?: unknown; meta?: { statusCode?: unknown } };
  return name === 'ResponseError' && typeof meta?.statusCode === 'number';
}
