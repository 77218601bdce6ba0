import { shown } from '../parse.ts';
import { patternProblem } from '../patterns.ts';
import { peerServices, peerServicesProblem } from '../peer-services.ts';
import { requestAttributes, requestAttributesProblem } from '../request-attributes.ts';
import { urlRules, urlRulesProblem } from '../url-rules.ts';
import type { Group } from '../variable.ts';

export const NAMING = {
  title: 'What becomes a span, and what it is called',
  text: 'Which requests are served without a span, what those are called that no web framework has a route for, and what else spans tell: [naming.md](naming.md). All of it is off by default, and costs nothing then.',
  rows: [
    {
      name: 'OTEL_NODE_EXCLUDED_URLS',
      aliases: ['OTEL_PYTHON_EXCLUDED_URLS'],
      to: 'naming.excludedUrls',
      type: 'list',
      default: [],
      as: (patterns: readonly string[]) =>
        patterns.filter((pattern) => patternProblem(pattern) === undefined),
      remark: excludedUrlsProblem,
      help: 'Regular expressions, such as `health,metrics`: a request to this server with one of them in its URL (`http://host:port/path`, without the query) makes no span, nor does anything below it, and what it calls is told that it is not sampled. One that begins with `^/` is searched in the path.',
    },
    {
      name: 'FORETRACE_URL_RULES',
      to: 'naming.urlRules',
      type: 'string',
      default: undefined,
      as: urlRules,
      remark: urlRulesProblem,
      help: 'Routes for servers without a router, such as `/{id}/update;/files/**`: `{name}` and `*` are one segment, `**` is the rest. The first that fits is the route, where a framework tells none.',
    },
    {
      name: 'FORETRACE_URL_TEMPLATES',
      to: 'naming.urlTemplates',
      type: 'enum',
      values: ['auto', 'off'],
      default: 'off',
      as: (word: 'auto' | 'off') => word === 'auto',
      help: '`auto` names requests that have neither route nor rule after their path, with `{id}` in place of numbers, UUIDs, hashes, dates, tokens and addresses.',
    },
    {
      name: 'FORETRACE_REQUEST_ATTRIBUTES',
      to: 'naming.requestAttributes',
      type: 'string',
      default: undefined,
      as: requestAttributes,
      remark: (text: string, earlier: Readonly<Record<string, unknown>>) =>
        requestAttributesProblem(text, urlRules(earlier.FORETRACE_URL_RULES as string | undefined)),
      help: 'Attributes of server spans out of the request, such as `user.role=header:x-role; order.id=param:id; tenant=query:tenant|baggage; session=cookie:sid|hash`. `baggage` puts one on all spans below in this process as well; it is not sent anywhere.',
    },
    {
      name: 'OTEL_INSTRUMENTATION_COMMON_PEER_SERVICE_MAPPING',
      to: 'naming.peerServices',
      type: 'pairs',
      default: {},
      as: peerServices,
      remark: peerServicesProblem,
      help: 'Names for what is called, such as `10.0.0.7=stock,api.example.com:443/v2=payments`: `service.peer.name` and `peer.service` of spans for calls to that host, port and path.',
    },
  ],
} as const satisfies Group;

function excludedUrlsProblem(patterns: readonly string[]): string | undefined {
  for (const pattern of patterns) {
    const problem = patternProblem(pattern);
    if (problem !== undefined) return ` has ${shown(pattern)}, which ${problem}, that part is ignored`;
  }
  return undefined;
}
