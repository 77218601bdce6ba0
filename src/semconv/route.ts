import { current } from '../context/active.ts';
import type { Context } from '../context/context.ts';
import { noteError, type Served, servedOf } from './http-server.ts';

/**
 * `http.route` of routers that nest: each mount adds the template of its prefix, so that the route is the full template.
 *
 * A mounted router knows only what was matched (`req.baseUrl` is `/users/42`), so the way there is noted at each mount as pairs of actual
 * prefix and template; a prefix looks up its parent's by exact text.
 */

/** A path as given to `app.use` or `app.get`. */
export type Path = string | RegExp | readonly Path[];

interface RoutedRequest {
  baseUrl?: string;
  route?: { path: Path };
}

/** Notes that the request goes into a router mounted at `path`; `req.baseUrl` has the prefix that matched. */
export function enterMount(request: RoutedRequest, path: Path): void {
  const served = servedOf(request);
  if (served?.span === undefined) return;
  const prefix = request.baseUrl ?? '';
  const template = mountTemplate(path, prefix);
  const parent = parentOf(prefix, template);
  (served.mounts ??= []).push(prefix, join(templateOf(served, parent), template));
}

/** Notes the route that matched below the current mounts. */
export function enterRoute(request: RoutedRequest, template: string): void {
  const served = servedOf(request);
  if (served?.span !== undefined) served.route = join(templateOf(served, request.baseUrl ?? ''), template);
}

function templateOf({ mounts }: Served, prefix: string): string {
  if (mounts === undefined) return '';
  for (let i = mounts.length - 2; i >= 0; i -= 2) if (mounts[i] === prefix) return mounts[i + 1];
  return '';
}

function join(prefix: string, template: string): string {
  if (prefix === '') return template === '' ? '/' : template;
  return template === '' || template === '/'
    ? prefix
    : prefix + (template.startsWith('/') ? '' : '/') + template;
}

/** The prefix of the router that this mount is in: what is left without as many segments as the template has. */
function parentOf(prefix: string, template: string): string {
  let end = prefix.length;
  for (const unit of template) {
    if (unit !== '/') continue;
    end = prefix.lastIndexOf('/', end - 1);
    if (end <= 0) return '';
  }
  return prefix.slice(0, end);
}

function mountTemplate(path: Path, prefix: string): string {
  if (typeof path !== 'string' && !(path instanceof RegExp)) {
    const paths = flatten(path);
    return mountTemplate(
      paths.find((p) => typeof p === 'string' && prefix.endsWith(trimmed(p))) ?? paths[0],
      prefix,
    );
  }
  return typeof path === 'string' ? trimmed(path) : String(path);
}

/** The single paths of nested arrays of paths. */
export function flatten(path: Path): (string | RegExp)[] {
  return typeof path === 'string' || path instanceof RegExp ? [path] : path.flatMap(flatten);
}

function trimmed(path: string): string {
  const whole = path.startsWith('/') ? path : `/${path}`;
  return whole.endsWith('/') ? whole.slice(0, -1) : whole;
}

/**
 * The context of a request, if a library that queues has lost it on the way; undefined if it is active. Not a function that calls for
 * the request: it would be one more line of ten in the stacks of the app's errors.
 */
export function lostContext(request: object): Context | undefined {
  const served = servedOf(request);
  return served === undefined || current()?.request === served ? undefined : served.context;
}

/**
 * Notes an error on its way to the error handlers; `route` and `router` are Express' signals, not errors. Where it arose before the
 * route's own code (`app.param`), the route that was chosen is noted with it.
 */
export function noteHandlerError(request: RoutedRequest, error: unknown): void {
  if (error === undefined || error === null || error === 'route' || error === 'router') return;
  const served = servedOf(request);
  if (served?.span === undefined) return;
  noteError(served, error);
  const path = request.route?.path;
  if (served.route !== undefined || path === undefined) return;
  const { mounts } = served;
  served.route = join(mounts === undefined ? '' : mounts[mounts.length - 1], String(flatten(path)[0]));
}

/** Forgets a route whose handlers passed the request on: if nobody else takes it, it had no route. */
export function leaveRoute(request: RoutedRequest, response: { headersSent?: boolean }): void {
  const served = servedOf(request);
  if (served !== undefined && response.headersSent !== true) served.route = undefined;
}
