import { current } from '../context/active.ts';
import { guarded } from '../guard.ts';
import { noteError, Served } from './http-server.ts';
import { CODE_FUNCTION_NAME } from './keys.ts';
import { answeredRoute } from './mounts.ts';

export { type Served, servedOf } from './http-server.ts';
export { lostContext } from './route.ts';

/**
 * What a web framework tells the server span: the route, the function that serves it, the error that went by. For frameworks
 * that know the whole template of a route; `route.ts` puts it together for those that do not.
 *
 * All take the request as `servedOf` or `activeServed` gives it, and do nothing for one that is not recorded.
 */

/** The request that the active context serves, for frameworks that do not hand on Node's request object. */
export function activeServed(): Served | undefined {
  const served = current()?.entry;
  return served instanceof Served ? served : undefined;
}

/**
 * Notes that the request goes into an app mounted at `prefix` that knows nothing of its own place.
 * @returns to be called when it comes back
 */
export function enterPrefix(served: Served | undefined, prefix: string): () => void {
  if (served?.span === undefined) return NOTHING;
  const whole = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
  const { mounts } = served;
  served.mounts = ['', (mounts?.[1] ?? '') + whole];
  return () => {
    served.mounts = mounts;
  };
}
const NOTHING = (): void => {};

type Next = (error?: unknown) => unknown;

/**
 * Notes that the request goes to what is mounted at `path`, in a framework that has no other routes.
 * @returns what the mounted code gets in place of `next`: if it passes the request on, unless with an error, the path is not its route
 */
export function enterPath(served: Served | undefined, path: string, next: Next): Next {
  if (served?.span === undefined) return next;
  const outer = served.route;
  if (path !== '') served.route = (outer ?? answeredRoute(served, 0) ?? '') + path;
  return (error) => {
    leavePath(served, path, outer, error);
    return next(error);
  };
}

const leavePath = guarded(
  'the end of a mount',
  (served: Served, path: string, outer: string | undefined, error: unknown) => {
    if (error !== undefined && error !== null) noteError(served, error);
    else if (path !== '') served.route = outer;
  },
);

/** Notes the template of the route that matched, below the prefix of {@link enterPrefix}. */
export function noteRoute(served: Served | undefined, template: string): void {
  if (served?.span === undefined) return;
  const prefix = served.mounts?.[1] ?? '';
  if (prefix === '') served.route = template === '' ? '/' : template;
  else served.route = template === '/' ? prefix : prefix + template;
}

/** Notes which function of the app serves the request: `CatsController.findOne`. */
export function noteHandler(served: Served | undefined, name: string): void {
  served?.span?.add(CODE_FUNCTION_NAME, name);
}

/** Notes an error that a handler or middleware threw or passed on; it is recorded if the request fails. */
export function noteFailure(served: Served | undefined, error: unknown): void {
  if (served?.span !== undefined) noteError(served, error);
}
