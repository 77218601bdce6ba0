/** The SQLSTATE of an error of the server. `EPIPE` is as long as one; only the server's errors have a severity. */
export function sqlState(error: unknown): string | undefined {
  const { code, severity } = (error ?? {}) as { code?: unknown; severity?: unknown };
  return typeof code === 'string' && severity !== undefined ? code : undefined;
}
