import type { Config } from '../config/table.ts';
import { guarded } from '../guard.ts';
import { log } from '../log.ts';
import { setSayBelow } from '../operation/start.ts';
import { type ServerNaming, setNaming } from '../semconv/http-server.ts';
import { setPeerServices } from '../semconv/server.ts';
import { exclusion } from './excluded-urls.ts';
import { peerServiceOf } from './peer-services.ts';
import { addAttributes, belowOf, noteBelow } from './request-attributes.ts';
import { pathOf } from './target.ts';
import { urlRuleOf } from './url-rules.ts';
import { MAX_TEMPLATES, urlTemplates } from './url-templates.ts';

const WHERE = 'naming';

/** Starts what the operator says of the names and attributes of spans, as far as anything is said. */
export function startNaming(config: Config['naming']): void {
  const { excludedUrls, urlRules, requestAttributes, peerServices } = config;
  if (peerServices.length > 0) setPeerServices(peerServiceOf(peerServices));
  const naming: ServerNaming = {};
  const ruleOf = urlRules.length > 0 ? urlRuleOf(urlRules) : undefined;
  if (excludedUrls.length > 0) naming.excludes = guarded(WHERE, exclusion(excludedUrls));
  if (ruleOf !== undefined) naming.routeOf = guarded(WHERE, (url) => ruleOf(pathOf(url)));
  if (config.urlTemplates) {
    const templates = urlTemplates(sayFull);
    naming.templateOf = guarded(WHERE, (url, learns) => templates.of(pathOf(url), learns));
  }
  if (requestAttributes.length > 0) {
    naming.describe = guarded(WHERE, addAttributes(requestAttributes, ruleOf));
    if (requestAttributes.some(({ baggage }) => baggage)) {
      naming.begin = guarded(WHERE, noteBelow(requestAttributes, ruleOf));
      setSayBelow((span, { entry }) => {
        const pairs = entry === undefined ? undefined : belowOf(entry);
        if (pairs === undefined) return;
        for (let i = 0; i < pairs.length; i += 2) span.setAttribute(pairs[i], pairs[i + 1]);
      });
    }
  }
  if (Object.keys(naming).length > 0) setNaming(naming);
}

function sayFull(): void {
  log.warn(
    `FORETRACE_URL_TEMPLATES=auto has made ${MAX_TEMPLATES} names and makes no more: further requests without a route are named after their method alone; FORETRACE_URL_RULES can name them`,
  );
}
