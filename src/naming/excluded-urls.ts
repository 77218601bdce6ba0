import { compiled, endlessParts } from '../config/patterns.ts';
import { type Connection, rawHeader, type ServerRequest } from '../semconv/http-server.ts';

/**
 * How much of a URL is searched, by how many parts of any length an expression has: so that none takes much longer than
 * a millisecond, whatever a stranger sends.
 */
const SEARCHED = [2_048, 512, 128];

interface Search {
  readonly pattern: RegExp;
  /** It begins with `^/`. */
  readonly ofPath: boolean;
  readonly length: number;
}

/** Whether a request is excluded by one of the patterns, which have no `patternProblem`. */
export function exclusion(
  patterns: readonly string[],
): (request: ServerRequest, connection: Connection) => boolean {
  const searches = patterns.map((source): Search => ({
    pattern: compiled(source),
    ofPath: /^(?:\(\?i\))?\^\//.test(source),
    length: SEARCHED[endlessParts(source)],
  }));
  const needsUrl = searches.some(({ ofPath }) => !ofPath);
  return (request, connection) => {
    const { url = '/' } = request;
    const question = url.indexOf('?');
    const path = question < 0 ? url : url.slice(0, question);
    const whole = needsUrl ? wholeUrl(path, request, connection) : '';
    for (const { pattern, ofPath, length } of searches) {
      const text = ofPath ? path : whole;
      if (pattern.test(text.length > length ? text.slice(0, length) : text)) return true;
    }
    return false;
  };
}

/** The URL without its query, as the client sees it. */
function wholeUrl(path: string, { rawHeaders }: ServerRequest, { encrypted }: Connection): string {
  // The absolute form, as proxies are asked.
  if (path.charCodeAt(0) !== 0x2f && path.includes('://')) return path;
  const host = rawHeader(rawHeaders, 'host') ?? rawHeader(rawHeaders, ':authority') ?? '';
  return `${encrypted === true ? 'https' : 'http'}://${typeof host === 'string' ? host : host[0]}${path}`;
}
