/** A request that is being served, in the list of all that are. The links are its own, so that being in it allocates nothing. */
export interface OpenRequest {
  older: OpenRequest | undefined;
  newer: OpenRequest | undefined;
}

/** Beyond, the oldest are forgotten: an app that hides the end of its responses from Node must not fill the memory. */
const MAX_OPEN = 10_000;

let oldest: OpenRequest | undefined;
let newest: OpenRequest | undefined;
let count = 0;

export function noteOpen(request: OpenRequest): void {
  request.older = newest;
  if (newest === undefined) oldest = request;
  else newest.newer = request;
  newest = request;
  if (++count > MAX_OPEN) noteClosed(oldest as OpenRequest);
}

/** Takes a request out of the list; one that is not in it stays out. */
export function noteClosed(request: OpenRequest): void {
  const { older, newer } = request;
  if (older === undefined && oldest !== request) return;
  if (older === undefined) oldest = newer;
  else older.newer = newer;
  if (newer === undefined) newest = older;
  else newer.older = older;
  request.older = undefined;
  request.newer = undefined;
  count--;
}

/** The one that is served longest. */
export function oldestOpen(): OpenRequest | undefined {
  return oldest;
}
