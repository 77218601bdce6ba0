import { parseMethods } from '../methods.ts';
import { middlewareProblem, parseMiddlewareSpans } from '../middleware.ts';
import type { Group } from '../variable.ts';

export const CUSTOM = {
  title: 'Custom spans',
  text: 'Spans of the app’s own functions, without a line in its code: [custom spans](custom-spans.md) has examples and limits.',
  rows: [
    {
      name: 'FORETRACE_METHODS',
      to: 'methods',
      type: 'string',
      default: undefined,
      as: (text: string | undefined) => (text === undefined ? undefined : parseMethods(text).targets),
      remark: (text: string | undefined) => (text === undefined ? undefined : parseMethods(text).problem),
      help: 'Functions whose calls become spans, separated by `;`: `./lib/reviews.js#informEditors=BlogReview; pricing#Engine.prototype.quote`. `=Name` is the name of the spans.',
    },
    {
      name: 'FORETRACE_MIDDLEWARE_SPANS',
      to: 'middlewareSpans',
      type: 'string',
      default: 'off',
      as: (text: string | undefined) => parseMiddlewareSpans(text),
      remark: (text: string | undefined) => middlewareProblem(text),
      help: 'Spans of middleware, hooks and handlers (Express, Connect, Koa, Hono, Fastify, hapi, Nest): `off`, `on`, or `slow:5ms` for those alone that took as long themselves.',
    },
  ],
} as const satisfies Group;
