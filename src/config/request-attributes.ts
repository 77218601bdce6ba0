import { isSensitiveHeader } from '../redact/headers.ts';
import { SECRET_NAMES, spellings } from '../redact/secrets.ts';
import { shown } from './parse.ts';

/** Where in a request a value is. */
export type RequestSource = 'header' | 'param' | 'query' | 'cookie';

/** An attribute of server spans that comes from the request. Plain data. */
export interface RequestAttribute {
  /** Of the attribute. */
  readonly name: string;
  readonly source: RequestSource;
  /** Of the header (in lower case), route parameter, query parameter or cookie. */
  readonly key: string;
  /** A hash is recorded in place of the value. */
  readonly hash: boolean;
  /** The spans below have it, too. */
  readonly baggage: boolean;
}

const ENTRY = /^([^\s=|]{1,256})\s*=\s*(header|param|query|cookie):\s*([^\s|]+)\s*((?:\|[^|]*)*)$/;
const SECRETS: ReadonlySet<string> = new Set(SECRET_NAMES.flatMap(spellings));

/** The entries of `FORETRACE_REQUEST_ATTRIBUTES` that are usable, in their order. */
export function requestAttributes(text: string | undefined): RequestAttribute[] {
  return entriesOf(text)
    .map(attributeOf)
    .filter((attribute) => typeof attribute !== 'string');
}

/** What is wrong with the others, as the rest of a line that begins with the variable. `rules` are those of `FORETRACE_URL_RULES`. */
export function requestAttributesProblem(
  text: string | undefined,
  rules: readonly string[],
): string | undefined {
  for (const entry of entriesOf(text)) {
    const attribute = attributeOf(entry);
    if (typeof attribute === 'string') return ` has ${shown(entry)}, ${attribute}, that part is ignored`;
    const { source, baggage, key } = attribute;
    if (source !== 'param' || !baggage || rules.some((rule) => rule.split('/').includes(`{${key}}`)))
      continue;
    return ` has ${shown(entry)}: the route of a framework is known only when spans below it are over, so that ${key} is on the server span alone unless a rule of FORETRACE_URL_RULES names it`;
  }
  return undefined;
}

function entriesOf(text = ''): string[] {
  return text
    .split(';')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

/** What an entry says, or what is wrong with it. */
function attributeOf(entry: string): RequestAttribute | string {
  const [, name, source, given, filters] = ENTRY.exec(entry) ?? [];
  if (name === undefined) {
    return 'which is not attribute=header:…, attribute=param:…, attribute=query:… or attribute=cookie:…';
  }
  const words = filters
    .split('|')
    .slice(1)
    .map((word) => word.trim());
  const unknown = words.find((word) => word !== 'hash' && word !== 'baggage');
  if (unknown !== undefined) return `where ${shown(unknown)} is neither hash nor baggage`;
  const key = source === 'header' ? given.toLowerCase() : given;
  const hash = words.includes('hash');
  if (!hash && isSecret(source as RequestSource, key)) return 'which is a secret by its name: it needs |hash';
  return { name, source: source as RequestSource, key, hash, baggage: words.includes('baggage') };
}

/** Cookies are judged as headers are: what holds a session is called in many ways. */
function isSecret(source: RequestSource, key: string): boolean {
  return source === 'header' || source === 'cookie' ? isSensitiveHeader(key) : SECRETS.has(key.toLowerCase());
}
