import { current } from '../context/active.ts';
import type { Context } from '../context/context.ts';
import { noteError, servedOf } from './http-server.ts';
import { answeredRoute, templateOf } from './mounts.ts';

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
  next?: unknown;
}

interface Response {
  headersSent?: boolean;
}

/**
 * Notes that the request goes to what is mounted at `path`; `req.baseUrl` has the prefix that matched.
 * @returns false if the request is not recorded
 */
export function enterMount(request: RoutedRequest, path: Path): boolean {
  const served = servedOf(request);
  if (served?.span === undefined) return false;
  const prefix = request.baseUrl ?? '';
  const template = mountTemplate(path, prefix);
  const parent = parentOf(prefix, template);
  (served.mounts ??= []).push(prefix, join(templateOf(served.mounts, parent), template));
  served.routed = request;
  return true;
}

/** To be called when mounted code passes the request on: if it has answered or failed, its mount path is the route. */
export function leaveMount(request: RoutedRequest, response: Response, error: unknown): void {
  const served = servedOf(request);
  if (served?.span === undefined) return;
  if (response.headersSent === true || isError(error)) served.route ??= answeredRoute(served, 0);
  // Express before 4.3: what comes next is not below this mount.
  else if (!('baseUrl' in request)) served.mounts?.splice(-2);
}

/**
 * Notes the route that matched below the current mounts.
 * @returns the route that this one is a part of: routers can be handlers of routes
 */
export function enterRoute(request: RoutedRequest, template: string): string | undefined {
  const served = servedOf(request);
  if (served?.span === undefined) return undefined;
  const outer = served.route;
  served.route = join(templateOf(served.mounts, request.baseUrl ?? ''), template);
  return outer;
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
  return served === undefined || current()?.entry === served ? undefined : served.context;
}

/**
 * Notes an error on its way to the error handlers; `route` and `router` are Express' signals, not errors. Where it arose before the
 * route's own code (`app.param`), the route that was chosen is noted with it.
 */
export function noteHandlerError(request: RoutedRequest, error: unknown): void {
  if (!isError(error)) return;
  const served = servedOf(request);
  if (served?.span === undefined) return;
  noteError(served, error);
  const path = request.route?.path;
  if (served.route !== undefined || path === undefined) return;
  const { mounts } = served;
  served.route = join(mounts === undefined ? '' : mounts[mounts.length - 1], String(flatten(path)[0]));
}

/** Goes back to the `outer` of a route whose handlers passed the request on. It still counts if something behind it answers. */
export function leaveRoute(request: RoutedRequest, response: Response, outer: string | undefined): void {
  const served = servedOf(request);
  if (served?.span === undefined || response.headersSent === true) return;
  served.left = served.route;
  served.routed = request;
  served.route = outer;
}

/** Whether what was given to `next` is an error and not one of Express' signals. */
export function isError(error: unknown): boolean {
  return error !== undefined && error !== null && error !== 'route' && error !== 'router';
}
