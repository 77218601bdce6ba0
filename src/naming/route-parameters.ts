import { decoded } from './target.ts';

/** How routes write a parameter: `:id`, `:id(\d+)`, `:id{\d+}`, `{id}`, `{id?}`, `{path*}`, `*path`; text may stand around it. */
const PARAMETER =
  /^([^:{*]*)(?::(\w+)(?:\([^)]*\)|\{[^}]*\})?([?*+]?)|\{([\w.-]+)([?*]?)\d*\}|(\*)(\w+))([^:{*]*)$/;

/**
 * The value of a parameter of a route, read from the path: all frameworks write routes alike, and few leave the values where they can be
 * found when the request is over. Undefined where the path is not that of the route, or the parameter not in it.
 */
export function routeParameter(route: string, path: string, name: string): string | undefined {
  const templates = route.split('/');
  const segments = path.split('/');
  for (let i = 0; i < templates.length && i < segments.length; i++) {
    const [, before, colon, repeated, braces, many, star, starred, after] =
      PARAMETER.exec(templates[i]) ?? [];
    const found = colon ?? braces ?? starred;
    if (found === undefined) {
      if (templates[i] !== '*' && templates[i].toLowerCase() !== segments[i].toLowerCase()) return undefined;
      continue;
    }
    const isRest = star !== undefined || many === '*' || repeated === '*' || repeated === '+';
    if (found === name) {
      const text = isRest ? segments.slice(i).join('/') : segments[i];
      if (!text.startsWith(before) || !text.endsWith(after)) return undefined;
      const value = text.slice(before.length, text.length - after.length);
      return value === '' ? undefined : decoded(value);
    }
    if (isRest) return undefined;
  }
  return undefined;
}
