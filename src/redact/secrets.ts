/** The names of parameters and headers whose values are secrets; known in any case, and with `-`, `_` or nothing between words. */
export const SECRET_NAMES: readonly string[] = [
  'password',
  'passwd',
  'pwd',
  'passphrase',
  'secret',
  'client_secret',
  'token',
  'access_token',
  'id_token',
  'refresh_token',
  'auth_token',
  'api_key',
  'key',
  'auth',
  'authorization',
  'session',
  'session_id',
  'sid',
  'jwt',
  'code',
  'state',
  'otp',
];

/** The spellings of a name, in lower case: `access_token`, `access-token`, `accesstoken`. */
export function spellings(name: string): string[] {
  return [name, name.replace('_', '-'), name.replace('_', '')];
}

/** What tokens of well-known issuers begin with. What follows is random, and 16 characters or more. */
const PREFIXES: readonly string[] =
  'AKIA ASIA AIza SG. dop_v1_ ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat- hf_ npm_ pypi- rk_live_ rk_test_ shpat_ sk- sk_live_ sk_test_ whsec_ xapp- xoxa- xoxb- xoxe- xoxp- xoxr- xoxs- ya29.'.split(
    ' ',
  );
const MIN_RANDOM = 16;
/** No token is shorter: the header of the shortest JSON Web Token (`{"alg":"none"}`), the shortest prefix and what follows. */
export const MIN_TOKEN = 19;
/** `sk-` begins many a word. */
const MIN_RANDOM_AFTER_SHORT = 32;
const SHORT = 'sk-';
const DOT = 0x2e;

/** By the first character, which all but a few texts differ in. */
const BY_FIRST: (readonly string[] | undefined)[] = [];
for (const prefix of PREFIXES) {
  const first = prefix.charCodeAt(0);
  BY_FIRST[first] = [...(BY_FIRST[first] ?? []), prefix];
}
const JWT = 'eyJ';
const FIRST = new Uint8Array(128);
FIRST[JWT.charCodeAt(0)] = 1;
for (const prefix of PREFIXES) FIRST[prefix.charCodeAt(0)] = 1;

function isTokenCharacter(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x5f ||
    code === 0x2d
  );
}

function runEnd(text: string, start: number): number {
  let end = start;
  while (end < text.length && isTokenCharacter(text.charCodeAt(end))) end++;
  return end;
}

/**
 * The end of the JSON Web Token, or the token of a well-known issuer, that begins at `start`; -1 if there is none. Costs one look at a
 * character where there is none.
 */
export function tokenEnd(text: string, start: number): number {
  const code = text.charCodeAt(start);
  // Not `>= 128`: behind the end it is NaN.
  if (!(code < 128) || FIRST[code] === 0) return -1;
  if (text.startsWith(JWT, start)) {
    let end = runEnd(text, start);
    if (end - start < MIN_TOKEN || text.charCodeAt(end) !== DOT) return -1;
    while (text.charCodeAt(end) === DOT) end = runEnd(text, end + 1);
    return end;
  }
  const prefixes = BY_FIRST[code];
  if (prefixes === undefined) return -1;
  for (const prefix of prefixes) {
    if (!text.startsWith(prefix, start)) continue;
    const from = start + prefix.length;
    let end = runEnd(text, from);
    if (end - from < (prefix === SHORT ? MIN_RANDOM_AFTER_SHORT : MIN_RANDOM)) return -1;
    while (text.charCodeAt(end) === DOT) end = runEnd(text, end + 1);
    return end;
  }
  return -1;
}
