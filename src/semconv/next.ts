import type { Attributes } from '@opentelemetry/api';
import type { Scope } from '../trace/scope.ts';

/**
 * Spans of Next.js that say nothing of the app: how it finds and loads its modules, and that it starts to answer. For each request
 * they are a half of what Next.js makes, most of them shorter than 0.2 ms, and at its start each is a trace of its own. Its spans of
 * middleware, rendering, metadata, data and handlers, in which the app's code runs, stay.
 */
const BOOKKEEPING = new Set<unknown>([
  'AppRouteRouteModule.loadUserland',
  'Instrumentation.loadModule',
  'LoadComponents.loadRouteModule',
  'NextNodeServer.clientComponentLoading',
  'NextNodeServer.createComponentTree',
  'NextNodeServer.findPageComponents',
  'NextNodeServer.getLayoutOrPageModule',
  'NextNodeServer.startResponse',
  'RouteModule.prepare',
]);

/** Whether a span that is being started is one of them. */
export function isBookkeeping({ name }: Scope, attributes: Attributes | undefined): boolean {
  return name === 'next.js' && attributes !== undefined && BOOKKEEPING.has(attributes['next.span_type']);
}

const ERROR_PAGES = new Set(['/_error', '/_not-found', '/404', '/500']);
const APP_HANDLER = 'executing api route (app) ';
const API_HANDLER = 'executing api route (pages) ';

/**
 * The route that a span of Next.js speaks of; undefined for its error pages. Next.js 15 names it on spans inside of a request, and on
 * that of the request only when nobody else has one around it.
 */
export function nextRoute(name: string, attributes: Attributes | undefined): string | undefined {
  let route = attributes?.['next.route'];
  if (route === undefined && name.startsWith(API_HANDLER)) route = name.slice(API_HANDLER.length);
  // Next.js 15 names the handler's file below the route.
  if (typeof route === 'string' && name.startsWith(APP_HANDLER)) route = route.replace(/(.)\/route$/, '$1');
  return typeof route === 'string' && route !== '' && !ERROR_PAGES.has(route) ? route : undefined;
}
