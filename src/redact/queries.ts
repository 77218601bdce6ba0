import { REDACTED } from './url.ts';

/** How queries of URLs are hidden: every value (the names stay), or all of it. */
export type QueryHiding = 'redact' | 'drop';

const HASH = 0x23;
const SLASH = 0x2f;
const QUESTION = 0x3f;

/** A query string with `REDACTED` as the value of each parameter. What has no name is a value. */
export function redactValues(query: string): string {
  return query
    .split('&')
    .map((parameter) => {
      if (parameter === '') return parameter;
      const equals = parameter.indexOf('=');
      return equals < 0 ? REDACTED : parameter.slice(0, equals + 1) + REDACTED;
    })
    .join('&');
}

/** A URL without its query, or without its values; a fragment may have parameters as well, and shares its fate. */
export function hideQuery(url: string, hiding: QueryHiding): string {
  let start = 0;
  while (start < url.length && url.charCodeAt(start) !== QUESTION && url.charCodeAt(start) !== HASH) start++;
  if (start === url.length || hiding === 'drop') return url.slice(0, start);
  const hash = url.indexOf('#', start);
  const end = hash < 0 ? url.length : hash;
  const query = end === start ? '' : `?${redactValues(url.slice(start + 1, end))}`;
  const fragment = hash < 0 ? '' : `#${redactValues(url.slice(hash + 1))}`;
  return url.slice(0, start) + query + fragment;
}

const SCHEME = '://';
/** What ends a URL in a text for people. */
const OVER = /[\s"'`<>]/g;

/** The same for each URL in a text: a message, a header. Not for those of files, whose queries are of modules, with line numbers behind. */
export function hideQueriesIn(text: string, hiding: QueryHiding): string {
  let result = '';
  let from = 0;
  for (let at = text.indexOf(SCHEME); at >= 0; at = text.indexOf(SCHEME, from)) {
    OVER.lastIndex = at;
    const end = OVER.exec(text)?.index ?? text.length;
    const isFile = text.charCodeAt(at + SCHEME.length) === SLASH;
    const url = text.slice(at, end);
    result += text.slice(from, at) + (isFile ? url : hideQuery(url, hiding));
    from = end;
  }
  return from === 0 ? text : result + text.slice(from);
}
