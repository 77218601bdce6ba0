/**
 * Whether the app itself has given up what it asked for: no failure. Axios has a name of its own for it; the SDKs of AI services have a
 * class, whose errors are named `Error`.
 */
export function isAbort(error: unknown): boolean {
  const { name, code, constructor } = (error ?? {}) as {
    name?: unknown;
    code?: unknown;
    constructor?: { name?: unknown };
  };
  return name === 'AbortError' || code === 'ERR_CANCELED' || constructor?.name === 'APIUserAbortError';
}
