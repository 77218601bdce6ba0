import type { RequestAttribute } from '../config/request-attributes.ts';
import { bounded } from '../encode/flat-copy.ts';
import { maskText } from '../redact/text.ts';
import type { Served, ServerRequest } from '../semconv/http-server.ts';
import type { Span } from '../trace/span.ts';
import { routeParameter } from './route-parameters.ts';
import { cookie, pathOf, queryParameter } from './target.ts';

/** The longest value, in characters. */
const MAX_VALUE = 256;
/** Characters of a hash, of 64 that SHA-256 has. */
const HASH_LENGTH = 16;

type RuleOf = (path: string) => string | undefined;

const BELOW = Symbol('foretrace.below');
type Noted = { [BELOW]?: readonly string[] };

/** What spans below a request tell of it: name, value, name, value … */
export function belowOf(served: object): readonly string[] | undefined {
  return (served as Noted)[BELOW];
}

/** Reads, when a request comes in, what all spans of it are to tell. Of parameters only those of rules are known by then. */
export function noteBelow(
  attributes: readonly RequestAttribute[],
  ruleOf: RuleOf | undefined,
): (served: Served, request: ServerRequest) => void {
  const wanted = attributes.filter(({ baggage }) => baggage);
  return (served, request) => {
    const pairs: string[] = [];
    for (const attribute of wanted) {
      const { span } = served;
      if (span === undefined || has(span, attribute.name)) continue;
      const value = valueOf(attribute, served, request, undefined, ruleOf);
      if (value === undefined) continue;
      pairs.push(attribute.name, value);
      span.setAttribute(attribute.name, value);
    }
    // For all of them, so that they stay of one shape.
    (served as Noted)[BELOW] = pairs.length === 0 ? undefined : pairs;
  };
}

/** Adds the attributes of a request to its span. Of several of one name the first that is there counts; the app's own stay. */
export function addAttributes(
  attributes: readonly RequestAttribute[],
  ruleOf: RuleOf | undefined,
): (span: Span, served: Served, request: ServerRequest, route: string | undefined) => void {
  return (span, served, request, route) => {
    for (const attribute of attributes) {
      if (has(span, attribute.name)) continue;
      const value = valueOf(attribute, served, request, route, ruleOf);
      if (value !== undefined) span.setAttribute(attribute.name, value);
    }
  };
}

function has({ user }: Span, name: string): boolean {
  if (user === undefined) return false;
  for (let i = 0; i < user.length; i += 2) if (user[i] === name) return true;
  return false;
}

function valueOf(
  attribute: RequestAttribute,
  served: Served,
  request: ServerRequest,
  route: string | undefined,
  ruleOf: RuleOf | undefined,
): string | undefined {
  const value = textOf(attribute, served, request, route, ruleOf);
  if (value === undefined || value === '') return undefined;
  if (attribute.hash) return hashOf(value);
  return maskText(bounded(value, MAX_VALUE));
}

function hashOf(value: string): string {
  // Loaded by the first request that needs it: see `trace/ids.ts`.
  const { createHash } = process.getBuiltinModule('node:crypto');
  return createHash('sha256').update(value).digest('hex').slice(0, HASH_LENGTH);
}

function textOf(
  { source, key }: RequestAttribute,
  { url }: Served,
  request: ServerRequest & { params?: unknown },
  route: string | undefined,
  ruleOf: RuleOf | undefined,
): string | undefined {
  switch (source) {
    case 'header':
      return joined(request.headers[key]);
    case 'cookie':
      return cookie(joined(request.headers.cookie), key);
    case 'query':
      return queryParameter(url, key);
    case 'param': {
      // Express and Restify leave them on Node's own request.
      const left = (request.params as Record<string, unknown> | null | undefined)?.[key];
      if (typeof left === 'string') return left;
      if (Array.isArray(left)) return left.join('/');
      const path = pathOf(url);
      const found = route === undefined ? undefined : routeParameter(route, path, key);
      const rule = found === undefined ? ruleOf?.(path) : undefined;
      return rule === undefined ? found : routeParameter(rule, path, key);
    }
  }
}

function joined(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value;
}
