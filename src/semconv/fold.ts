import type { Attributes, Exception, Link, SpanOptions, SpanStatus, TimeInput } from '@opentelemetry/api';
import type { Config } from '../config/table.ts';
import { active } from '../context/active.ts';
import type { Context } from '../context/context.ts';
import type { Scope } from '../trace/scope.ts';
import { CLIENT, SERVER, setExceptionSeen, Span } from '../trace/span.ts';
import { SecondSpan, StandIn } from '../trace/stand-in.ts';
import { setFoldAround } from '../operation/start.ts';
import { setFoldStarted } from '../api/tracer.ts';
import { namesOf, propertyOf } from '../trace/value.ts';
import { noteError, Served } from './http-server.ts';
import { HTTP_ROUTE } from './keys.ts';
import { isBookkeeping, nextRoute } from './next.ts';
import { isSaidByClient, isSaidByServer, without } from './said.ts';

/**
 * Frameworks and plugins make spans of their own through the API: Next.js, Nitro, @hono/otel, @fastify/otel, Prisma, OpenTelemetry's
 * instrumentations. What they say of a request or call that foretrace traces anyway belongs on foretrace's span of it.
 */

const IS_HTTP = /^(?:http\.(?:request\.)?(?:method|url)|url\.full)$/;
const IS_DB = /^db\.(?:system|statement|query\.text)/;
/** An operation that makes requests (Elasticsearch's client, SDKs of clouds and models) is not one of them, though it tells where they go. */
const IS_ABOVE_HTTP = /^(?:db|rpc|messaging|gen_ai|aws)\./;

export function configure(wanted: Config['foldSpans']): void {
  if (!wanted) return;
  setFoldStarted(foldStarted);
  setFoldAround(foldAround);
  setExceptionSeen(noteRecorded);
}

/** The part of a server span that the app makes: what it says goes to ours, and its end is not that of ours. */
class FoldedServer extends StandIn {
  private readonly served: Served;

  constructor(span: Span, served: Served) {
    super(span);
    this.served = served;
    served.folding ??= { open: 0, finish: undefined };
    served.folding.open++;
  }

  override end(): void {
    if (!this.ended && this.served.folding !== undefined) this.served.folding.open--;
    this.ended = true;
  }

  override setAttribute(name: string, value: unknown): this {
    if (this.ended) return this;
    if (name === HTTP_ROUTE.name) {
      if (isRoute(value)) this.served.route = value;
    } else if (!isSaidByServer(name)) {
      this.span?.setAttribute(name, value);
    }
    return this;
  }

  override setAttributes(attributes: Record<string, unknown>): this {
    for (const name of namesOf(attributes)) this.setAttribute(name, propertyOf(attributes, name));
    return this;
  }

  override updateName(name: string): this {
    const { method, url, route } = this.served;
    // Ours is made of the same parts at the end, without the path where there is no route.
    const text = String(name);
    const isLikeOurs =
      text === method ||
      text.endsWith(url) ||
      text === `${method} /*` ||
      (route !== undefined && text.endsWith(route));
    if (!this.ended && !isLikeOurs) this.span?.updateName(name);
    return this;
  }

  override addEvent(name: string, attributesOrTime?: unknown, time?: TimeInput): this {
    if (!this.ended) this.span?.addEvent(name, attributesOrTime, time);
    return this;
  }

  override addLink(link: Link): this {
    if (!this.ended) this.span?.addLink(link);
    return this;
  }

  override addLinks(links: Link[]): this {
    if (!this.ended) this.span?.addLinks(links);
    return this;
  }

  override setStatus(status: SpanStatus): this {
    if (!this.ended) this.span?.setStatus(status);
    return this;
  }

  override recordException(exception: Exception, time?: TimeInput): void {
    if (!this.ended) this.span?.recordException(exception, time);
  }
}

/**
 * Stands in for a span that the app starts through the API, if it is folded: a server span directly below that of the request being
 * served, or bookkeeping of a framework.
 */
function foldStarted(
  scope: Scope,
  name: string,
  kind: number,
  parent: Context,
  options: SpanOptions | undefined,
): StandIn | undefined {
  if (kind === SERVER) return foldServer(parent, options);
  const attributes = options?.attributes;
  noteRouteOf(scope, name, parent, attributes);
  if (isBookkeeping(scope, attributes)) return new StandIn(recorded(parent));
  if (isSecondClient(scope, kind, attributes)) return new SecondSpan(recorded(parent));
  return undefined;
}

/** Middleware for everything is no route. */
function isRoute(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value !== '*' && value !== '/*';
}

const SENTRY_CLIENT = /^auto\.http\.(?:otel\.node_fetch|otel\.http|client|node_fetch)/;
const CLIENT_INSTRUMENTATION = /^@[\w-]+\/instrumentation-(?:http|undici)$/;

/**
 * Whether a span is that of another instrumentation for a request of Node's clients: it hears of it from the same place as foretrace,
 * so its span is beside ours and not around it.
 */
function isSecondClient({ name }: Scope, kind: number, attributes: Attributes | undefined): boolean {
  if (kind === CLIENT && CLIENT_INSTRUMENTATION.test(name)) return true;
  if (attributes === undefined || !name.startsWith('@sentry/')) return false;
  const origin = attributes['sentry.origin'];
  return typeof origin === 'string' && SENTRY_CLIENT.test(origin);
}

/** Takes over the route of the request where it is said on a span of the framework below ours. */
function noteRouteOf(scope: Scope, name: string, parent: Context, attributes: Attributes | undefined): void {
  const served = parent.entry;
  if (!(served instanceof Served) || served.span === undefined || served.span.ended) return;
  if (scope.name === 'next.js') {
    served.route = nextRoute(name, attributes) ?? served.route;
  } else if (served.route === undefined && parent.span === served.span) {
    const route = attributes?.[HTTP_ROUTE.name];
    if (isRoute(route)) served.route = route;
  }
}

function recorded({ span }: Context): Span | undefined {
  return span instanceof Span ? span : undefined;
}

function foldServer(parent: Context, options: SpanOptions | undefined): StandIn | undefined {
  if (options?.root === true) return undefined;
  // Instrumentations of servers start from the root context, since they expect to be the first.
  const around = parent.span === undefined ? active() : parent;
  const served = around.entry;
  if (!(served instanceof Served)) return undefined;
  const { span } = served;
  if (span === undefined || span.ended || around.span !== span) return undefined;
  const folded = new FoldedServer(span, served);
  if (options?.attributes !== undefined) folded.setAttributes(options.attributes);
  if (Array.isArray(options?.links)) folded.addLinks(options.links);
  return folded;
}

/**
 * Makes a client span of the app that is directly around a traced call, of the same thing, the span of that call; returns whether it
 * is. `address` is where the call goes, if its role knows by then.
 */
function foldAround(around: Span, scope: Scope, name: string, address: string | undefined): boolean {
  const { user } = around;
  // Spans of ours have attributes of ours; and the first call takes it.
  if (around.own !== undefined || around.ended || user === undefined) return false;
  const isHttp = HTTP_SCOPES.has(scope.name);
  if (!isHttp && !scope.name.startsWith(OUR_SCOPES)) return false;
  const wanted = isHttp ? IS_HTTP : IS_DB;
  let found = false;
  let elsewhere = false;
  for (let i = 0; i < user.length; i += 2) {
    const key = user[i] as string;
    if (wanted.test(key)) found = true;
    if (isHttp && IS_ABOVE_HTTP.test(key)) return false;
    if (isHttp && IS_PLACE.test(key) && address !== undefined && !String(user[i + 1]).includes(address))
      elsewhere = true;
  }
  if (!found || elsewhere) return false;
  around.user = without(user, isSaidByClient);
  around.name = name;
  around.scope = scope;
  return true;
}

const OUR_SCOPES = 'foretrace.';
const HTTP_SCOPES = new Set(['foretrace.http', 'foretrace.http2', 'foretrace.undici']);
const IS_PLACE = /^(?:http\.url|url\.full|server\.address|net\.peer\.name)$/;

/**
 * Notes an exception that the app records on any span of its own while a request is served whose framework makes spans: the place
 * where it was thrown is the framework's render or handler span, and the request's tells why it failed.
 */
function noteRecorded(exception: unknown): void {
  const served = active().entry;
  if (served instanceof Served && served.folding !== undefined) noteError(served, exception);
}
