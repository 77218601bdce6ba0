/**
 * Attributes of the app on a span of ours that say what ours says itself: in older names, with what is redacted in ours, or the
 * headers, which are recorded only where they are asked for by name.
 */
const SAID_BY_SERVER = /^(?:http\.(?!route$)|url\.|net\.|network\.|server\.|client\.|user_agent\.)/;
const SAID_BY_CLIENT = /^(?:http\.|url\.|net\.|network\.|server\.|db\.|peer\.)/;
/** What Next.js says of a span that is not there. */
const OF_THE_SPAN = /^next\.(?:span_|bubble$)/;

export function isSaidByServer(name: string): boolean {
  return SAID_BY_SERVER.test(name) || OF_THE_SPAN.test(name);
}

export function isSaidByClient(name: string): boolean {
  return SAID_BY_CLIENT.test(name) || OF_THE_SPAN.test(name);
}

/** The attributes (name, value, flat) that ours do not say. */
export function without(user: readonly unknown[], isSaid: (name: string) => boolean): unknown[] {
  const kept: unknown[] = [];
  for (let i = 0; i < user.length; i += 2) {
    if (!isSaid(user[i] as string)) kept.push(user[i], user[i + 1]);
  }
  return kept;
}
