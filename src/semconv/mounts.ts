/** What is known of the way to the code that answers, where routers nest. */
export interface Way {
  /** Pairs of actual prefix and template. */
  readonly mounts: readonly string[] | undefined;
  /** The route whose handlers passed the request on. */
  readonly left: string | undefined;
  /** The request as the framework knows it: where the code that answers is mounted stands there. */
  readonly routed: { readonly baseUrl?: string; readonly next?: unknown } | undefined;
}

/** The template of a prefix; of several the one that was entered last. */
export function templateOf(mounts: readonly string[] | undefined, prefix: string): string {
  if (mounts === undefined) return '';
  for (let i = mounts.length - 2; i >= 0; i -= 2) if (mounts[i] === prefix) return mounts[i + 1];
  return '';
}

/**
 * The route of a request that no route answered: the one that passed it on to what answered, or the mount path of that. A router takes
 * the prefix back when what is mounted there passes on, so at the end of the request it is the prefix of what answered.
 */
export function answeredRoute({ mounts, left, routed }: Way, statusCode: number): string | undefined {
  // Express before 4.3 does not tell where the code that answers is mounted.
  if (routed === undefined || !('baseUrl' in routed)) return undefined;
  const mount = templateOf(mounts, routed.baseUrl ?? '');
  // Without `next` the outermost router has given up: the 404 is the framework's own.
  const isUnanswered = statusCode === 404 && routed.next === undefined;
  if (left !== undefined && !isUnanswered && left.startsWith(mount)) return left;
  return mount === '' ? undefined : mount;
}
